// Package control is the relay's HTTP API, server and client.
//
// All of it is JSON, except for the program that a PUT brings:
//
//	GET  /v1/status
//	PUT  /v1/generations/N?mode=server|client   the program → stored, started, registered, swapped
//	PUT  /v1/generations/N?mode=server&address=HOST:PORT&service=NAME
//	                                            no body: it runs there already → registered, swapped
//	PUT  /v1/external                           a chaincode that the user starts: see relay.External
//	POST /v1/explain                            {"reason"}: what callers hear while nothing runs
//	GET  /v1/unserved/TXID                      whether it failed because no generation could serve it
//	POST /v1/giveup/TXID                        it fails, unless it has ended
//	GET  /v1/traces?last=N                      the last ones, oldest first
//	GET  /v1/traces/TXID                        those of a transaction, one for each peer
//	GET  /v1/traces?follow=1                    one line for each, as they end; with kept=1 first for
//	                                            those that have ended and are kept
//
// With without=FUNCTION the lists of traces have none of that function. With reveal=1 traces show private data and transient values. Every request carries the token,
// and names 127.0.0.1 or localhost as the host.
package control

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/relay"
)

const (
	headerLimit = 5 * time.Second  // for a request's headers to come
	pauseLimit  = 30 * time.Second // between two pieces of a request's body, or until one of an answer is read
	idleLimit   = 2 * time.Minute  // between two requests
	noteEvery   = time.Second
	maxHeader   = 16 << 10 // bytes
	maxProgram  = 1 << 30  // bytes
	maxJSON     = 1 << 20  // bytes of a request
)

// Relay is what is controlled.
type Relay interface {
	Swap(ctx context.Context, p relay.Program) (relay.Swapped, error)
	Status() relay.Status
	Explain(reason string)
	Attend(e relay.External) error
	Unserved(txid string) relay.Unserved
	GiveUp(txid string) (had bool)
}

// Options are what a Server works with.
type Options struct {
	Relay  Relay
	Traces Traces // nil where none are kept
	Token  string // which every request has to carry; with none, all are refused
	Dir    string // of the programs, and of what a restarted relay starts again; only this server's
	// Ready is closed when programs may be swapped to; nil for at once. Until then what was live
	// before is being started again, and the swap to a new one would end that.
	Ready <-chan struct{}
	Log   func(format string, args ...any) // may be nil
}

// Server is the API of one relay.
type Server struct {
	options Options
	store   *store
	limit   int64 // bytes of a program
}

// New gives a server. It makes the folder, and removes what an upload that was cut off has left
// there.
func New(o Options) (*Server, error) {
	store, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	return &Server{options: o, store: store, limit: maxProgram}, nil
}

// Handler gives the API.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", s.status)
	mux.HandleFunc("PUT /v1/generations/{n}", s.deliver)
	mux.HandleFunc("PUT /v1/external", s.attend)
	mux.HandleFunc("POST /v1/explain", s.explain)
	mux.HandleFunc("GET /v1/unserved/{txid}", s.unserved)
	mux.HandleFunc("POST /v1/giveup/{txid}", s.giveUp)
	mux.HandleFunc("GET /v1/traces", s.traces)
	mux.HandleFunc("GET /v1/traces/{txid}", s.trace)
	return guard(s.options.Token, mux)
}

// Serve serves the API on l until ctx ends, and then ends the requests there are. Meanwhile it
// notes which generation is live: after a crash it may be an older one than was delivered last.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit, MaxHeaderBytes: maxHeader,
		// No limit for a whole request: who follows does so for hours. Bodies are paced instead.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	var noting sync.WaitGroup
	noting.Go(func() { s.note(ctx, h) })
	err := h.Serve(l)
	if ctx.Err() != nil {
		err = nil
	}
	cancel()
	noting.Wait()
	return err
}

// note looks again and again which generation is live, until ctx ends; then it closes h.
func (s *Server) note(ctx context.Context, h *http.Server) {
	looks := time.NewTicker(noteEvery)
	defer looks.Stop()
	for {
		select {
		case <-looks.C:
			if err := s.store.correct(s.options.Relay.Status().Live); err != nil {
				s.options.Log("which generation is live is not noted: %v", err)
			}
		case <-ctx.Done():
			_ = h.Close() // the listener's error is of no use any more
			return
		}
	}
}

// needed are the generations that the relay has processes of, or may start again.
func (s *Server) needed() map[int]bool {
	status := s.options.Relay.Status()
	needed := map[int]bool{status.Live: true}
	for _, g := range status.Generations {
		if g.State != relay.Crashed && g.State != relay.Stopped {
			needed[g.Number] = true
		}
	}
	return needed
}

// guard lets through who has the token and calls the relay by the name of this machine. A page
// in a browser, whose host name was pointed at 127.0.0.1, gives itself away by that name.
func guard(token string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownName(r.Host) {
			refuse(w, http.StatusForbidden, failure{Code: codeForbidden,
				Message: fmt.Sprintf("the host is %.100q: call the relay 127.0.0.1 or localhost, with its port", r.Host)})
			return
		}
		bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(bearer)) // of one length, so that the time tells nothing of the token's
		if !ok || token == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			refuse(w, http.StatusUnauthorized, failure{Code: codeUnauthorized, Message: "the token is missing or wrong"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func ownName(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	return err == nil && port != "" && (host == "127.0.0.1" || strings.EqualFold(host, "localhost"))
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.options.Relay.Status())
}

func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	var asked explanation
	body := http.MaxBytesReader(w, paced(w, r), maxJSON)
	if err := json.NewDecoder(body).Decode(&asked); err != nil || asked.Reason == "" {
		refuse(w, http.StatusBadRequest, failure{Code: codeBadRequest, Message: `it takes {"reason": "..."}`})
		return
	}
	s.options.Relay.Explain(asked.Reason)
	w.WriteHeader(http.StatusNoContent)
}
