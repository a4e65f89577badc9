package control

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

const (
	dialLimit   = 5 * time.Second
	expectLimit = time.Second // for leave to send a program
	maxAnswer   = 64 << 20    // bytes; traces are the largest
)

// ErrNotUp says that no relay answers at the address: it does not listen yet, or any more.
var ErrNotUp = errors.New("the relay is not up")

// Refused is the relay's answer to what it does not do.
type Refused struct {
	Status  int         // of HTTP
	Code    string      // for programs; the methods tell what matters
	Message string      // what happened and why
	Fix     string      // what to do next, where the relay knows
	Exit    *relay.Exit // how the generation's process ended, if it did
}

// Error implements error.
func (r *Refused) Error() string { return r.Message }

// NotReady says whether the program is at fault, and not how it was delivered.
func (r *Refused) NotReady() bool { return r.Code == codeNotReady }

// NotFound says whether there is no such transaction.
func (r *Refused) NotFound() bool { return r.Code == codeNotFound }

// Ambiguous says whether several transactions' ids begin so.
func (r *Refused) Ambiguous() bool { return r.Code == codeAmbiguous }

// Superseded says whether a newer generation came before this one was live.
func (r *Refused) Superseded() bool { return r.Code == codeSuperseded }

// Client speaks to one relay. Every call ends with its context; none is tried twice.
type Client struct {
	address, token string
	http           *http.Client
}

// Dial gives a client of the relay at address, host:port with a host of 127.0.0.1 or localhost.
// It does not connect.
func Dial(address, token string) *Client {
	return &Client{address: address, token: token, http: &http.Client{Transport: &http.Transport{
		// No proxy, whatever the environment says: the relay is on this machine.
		DialContext:           (&net.Dialer{Timeout: dialLimit}).DialContext,
		ExpectContinueTimeout: expectLimit,
		IdleConnTimeout:       idleLimit / 2,
		DisableCompression:    true,
	}}}
}

// Close ends the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status asks how the relay and its generations are.
func (c *Client) Status(ctx context.Context) (relay.Status, error) {
	var s relay.Status
	return s, c.get(ctx, "/v1/status", nil, &s)
}

// Explain sets what callers hear while nothing is runnable.
func (c *Client) Explain(ctx context.Context, reason string) error {
	body, err := json.Marshal(explanation{Reason: reason})
	if err != nil {
		return err
	}
	req, err := c.request(ctx, http.MethodPost, "/v1/explain", nil, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", jsonType)
	return c.do(req, nil)
}

// Deliver sends the program in a file as a generation, and returns when it is live. A *Refused
// says why it is not; with the end of ctx, the relay drops it.
func (c *Client) Deliver(ctx context.Context, n int, program string, mode relay.Mode) (Delivered, error) {
	file, err := os.Open(program)
	if err != nil {
		return Delivered{}, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return Delivered{}, fmt.Errorf("read %s: %w", program, err)
	}
	fromStart := func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(file, 0, size)), nil }
	body, _ := fromStart()
	query := url.Values{"mode": {string(mode)}}
	req, err := c.request(ctx, http.MethodPut, "/v1/generations/"+strconv.Itoa(n), query, body)
	if err != nil {
		return Delivered{}, err
	}
	req.ContentLength, req.GetBody = size, fromStart
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Expect", "100-continue") // a refusal comes before the program is sent, not in the middle
	req.Header.Set(checksumHeader, hex.EncodeToString(sum.Sum(nil)))
	var d Delivered
	return d, c.do(req, &d)
}

// DeliverAddress tells the relay of a generation that runs as a service, and listens at an address,
// host:port. It returns as Deliver does.
func (c *Client) DeliverAddress(ctx context.Context, n int, address, service string) (Delivered, error) {
	query := url.Values{"mode": {string(relay.Server)}, "address": {address}, "service": {service}}
	var d Delivered
	req, err := c.request(ctx, http.MethodPut, "/v1/generations/"+strconv.Itoa(n), query, nil)
	if err != nil {
		return d, err
	}
	return d, c.do(req, &d)
}

// Attend has the relay wait for a chaincode that the user starts.
func (c *Client) Attend(ctx context.Context, e relay.External) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	req, err := c.request(ctx, http.MethodPut, "/v1/external", nil, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", jsonType)
	return c.do(req, nil)
}

// Traces gives the last n traces, the newest last; all there are for 0.
func (c *Client) Traces(ctx context.Context, n int, o trace.Options) ([]trace.Trace, error) {
	query := queryOf(o)
	if n > 0 {
		query.Set("last", strconv.Itoa(n))
	}
	var found []trace.Trace
	return found, c.get(ctx, "/v1/traces", query, &found)
}

// Trace gives the traces of a transaction: one for each peer that has executed it. The beginning
// of its id is enough where that is unique; a *Refused that is NotFound or Ambiguous tells others.
func (c *Client) Trace(ctx context.Context, txid string, o trace.Options) ([]trace.Trace, error) {
	var found []trace.Trace
	return found, c.get(ctx, "/v1/traces/"+url.PathEscape(txid), queryOf(o), &found)
}

// Follow gives each trace as its transaction ends, until ctx ends, each fails, or the relay goes:
// that is ErrNotUp.
func (c *Client) Follow(ctx context.Context, o trace.Options, each func(trace.Trace) error) error {
	query := queryOf(o)
	query.Set("follow", "1")
	req, err := c.request(ctx, http.MethodGet, "/v1/traces", query, nil)
	if err != nil {
		return err
	}
	res, err := c.send(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	lines := json.NewDecoder(res.Body)
	for {
		var t trace.Trace
		if err := lines.Decode(&t); err != nil {
			return followEnd(ctx, err)
		}
		if err := each(t); err != nil {
			return err
		}
	}
}

// followEnd is why no more traces come.
func followEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if hungUp(err) {
		return fmt.Errorf("%w: it has ended the traces", ErrNotUp)
	}
	return fmt.Errorf("the relay's traces cannot be read: %w", err)
}

func queryOf(o trace.Options) url.Values {
	query := url.Values{}
	if o.Reveal {
		query.Set("reveal", "1")
	}
	if o.Kept {
		query.Set("kept", "1")
	}
	if o.Without != "" {
		query.Set("without", o.Without)
	}
	return query
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	req, err := c.request(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	return c.do(req, into)
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Request, error) {
	target := "http://" + c.address + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	return req, nil
}

// do sends a request, and reads the answer into a value unless that is nil.
func (c *Client) do(req *http.Request, into any) error {
	res, err := c.send(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("the relay's answer is no JSON: %w", err)
	}
	return nil
}

// send sends a request. An answer that is none is a *Refused.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	var answers atomic.Bool // somebody has said something
	res, err := c.http.Do(req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotFirstResponseByte: func() { answers.Store(true) },
	})))
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		// Docker's proxy accepts for a container that does not listen, and hangs up.
		if !answers.Load() || hungUp(err) {
			return nil, fmt.Errorf("%w: %w", ErrNotUp, err)
		}
		return nil, err
	}
	if res.StatusCode < http.StatusBadRequest {
		return res, nil
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxJSON))
	refused := &Refused{Status: res.StatusCode}
	var f failure
	if json.Unmarshal(text, &f) == nil && f.Code != "" {
		refused.Code, refused.Message, refused.Fix = f.Code, f.Message, f.Fix
		if f.Exit != nil {
			refused.Exit = &relay.Exit{Code: f.Exit.Code, How: f.Exit.How, Log: f.Exit.Log}
		}
	} else { // it is another program that listens, or another version
		refused.Message = strings.TrimSpace(fmt.Sprintf("%s: %.200s", res.Status, text))
	}
	return nil, refused
}

// hungUp tells whether a relay has gone in the middle of an answer.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
