package control

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

const (
	token    = "a-token"
	patience = 20 * time.Second
)

// fakeRelay swaps at once, unless a test says otherwise.
type fakeRelay struct {
	mu       sync.Mutex
	swap     func(ctx context.Context, p relay.Program) error
	programs []relay.Program
	contents []string
	status   relay.Status
	before   relay.State // of the others after a swap; stopped for none
	reasons  []string
	attended []relay.External
	unserved string // the one transaction that is
	hanging  string // likewise
}

func (f *fakeRelay) Swap(ctx context.Context, p relay.Program) (relay.Swapped, error) {
	var content []byte
	if p.Address == "" {
		var err error
		if content, err = os.ReadFile(p.Path); err != nil {
			return relay.Swapped{}, err
		}
	}
	f.mu.Lock()
	f.programs, f.contents = append(f.programs, p), append(f.contents, string(content))
	swap := f.swap
	f.mu.Unlock()
	if swap != nil {
		if err := swap(ctx, p); err != nil {
			return relay.Swapped{}, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Live = p.Generation
	for i := range f.status.Generations {
		f.status.Generations[i].State = cmp.Or(f.before, relay.Stopped)
	}
	f.status.Generations = append(f.status.Generations, relay.GenerationStatus{Number: p.Generation, State: relay.Live, Mode: p.Mode})
	return relay.Swapped{Generation: p.Generation}, nil
}

func (f *fakeRelay) Attend(e relay.External) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attended = append(f.attended, e)
	return nil
}

func (f *fakeRelay) Unserved(txid string) relay.Unserved {
	f.mu.Lock()
	defer f.mu.Unlock()
	if txid == f.unserved {
		return relay.UnservedCrash
	}
	return relay.Served
}

func (f *fakeRelay) GiveUp(txid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return txid == f.hanging
}

func (f *fakeRelay) Status() relay.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Generations = slices.Clone(s.Generations)
	return s
}

func (f *fakeRelay) Explain(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reasons = append(f.reasons, reason)
}

// set changes the fake.
func (f *fakeRelay) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// fakeTraces tell what they were asked, and follow by sending what a test wants.
type fakeTraces struct {
	sent  chan trace.Trace
	ended chan struct{} // closed when a Follow has ended
}

func (f *fakeTraces) List(n int, o trace.Options) []trace.Trace {
	return []trace.Trace{{Generation: n, Init: o.Reveal}}
}

func (f *fakeTraces) Get(txid string, o trace.Options) ([]trace.Trace, error) {
	switch txid {
	case "unknown":
		return nil, fault.New(fault.Other, "look", "%w", trace.ErrNotFound)
	case "short":
		return nil, fault.New(fault.Usage, "say more", "%w", &trace.AmbiguousError{})
	}
	return []trace.Trace{{TxID: txid, Init: o.Reveal}}, nil
}

func (f *fakeTraces) Follow(ctx context.Context, o trace.Options, each func(trace.Trace)) {
	defer close(f.ended)
	if o.Kept {
		each(trace.Trace{TxID: "kept"})
	}
	for {
		select {
		case t := <-f.sent:
			each(t)
		case <-ctx.Done():
			return
		}
	}
}

// under is a server under test.
type under struct {
	*Server
	relay  *fakeRelay
	traces *fakeTraces
	dir    string
	http   *httptest.Server
	client *Client
}

func serving(t *testing.T, change func(*Options)) *under {
	t.Helper()
	u := &under{relay: &fakeRelay{}, traces: &fakeTraces{sent: make(chan trace.Trace), ended: make(chan struct{})}, dir: t.TempDir()}
	o := Options{Relay: u.relay, Traces: u.traces, Token: token, Dir: u.dir}
	if change != nil {
		change(&o)
	}
	var err error
	if u.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	u.http = httptest.NewServer(u.Handler())
	u.client = Dial(u.address(), token)
	t.Cleanup(func() { u.client.Close(); u.http.Close() })
	return u
}

func (u *under) address() string { return strings.TrimPrefix(u.http.URL, "http://") }

// put is a PUT of a program, whose checksum is right unless a test changes it.
func (u *under) put(t *testing.T, path, program string, change func(*http.Request)) (*http.Response, failure) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, u.http.URL+path, strings.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set(checksumHeader, checksum(program))
	if change != nil {
		change(req)
	}
	return answered(t, req)
}

func answered(t *testing.T, req *http.Request) (*http.Response, failure) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	var f failure
	_ = json.Unmarshal(text.Bytes(), &f) // a success is no failure
	return res, f
}

func checksum(program string) string {
	sum := sha256.Sum256([]byte(program))
	return hex.EncodeToString(sum[:])
}

// file writes a program to deliver.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// stored are the programs in the folder, by their content. It fails if anything else is there but
// live.json.
func stored(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var contents []string
	for _, e := range entries {
		if e.Name() == liveFile {
			continue
		}
		if !strings.HasPrefix(e.Name(), programPrefix) {
			t.Errorf("%s is left", e.Name())
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, string(content))
	}
	slices.Sort(contents)
	return contents
}
