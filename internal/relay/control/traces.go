package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// Traces are what the relay has recorded: a *trace.Ring.
type Traces interface {
	List(n int, o trace.Options) []trace.Trace
	Get(txid string, o trace.Options) ([]trace.Trace, error)
	Follow(ctx context.Context, o trace.Options, f func(trace.Trace))
}

func (s *Server) traces(w http.ResponseWriter, r *http.Request) {
	if !s.haveTraces(w) {
		return
	}
	query := r.URL.Query()
	if query.Get("follow") == "1" {
		s.follow(w, r)
		return
	}
	n := 0
	if last := query.Get("last"); last != "" {
		var err error
		if n, err = strconv.Atoi(last); err != nil || n < 1 {
			refuse(w, http.StatusBadRequest, failure{Code: codeBadRequest, Message: fmt.Sprintf("last is a number from 1, not %.100q", last)})
			return
		}
	}
	answer(w, http.StatusOK, s.options.Traces.List(n, options(r)))
}

func (s *Server) trace(w http.ResponseWriter, r *http.Request) {
	if !s.haveTraces(w) {
		return
	}
	found, err := s.options.Traces.Get(r.PathValue("txid"), options(r))
	if err == nil {
		answer(w, http.StatusOK, found)
		return
	}
	status, code := http.StatusNotFound, codeNotFound
	var ambiguous *trace.AmbiguousError
	if errors.As(err, &ambiguous) {
		status, code = http.StatusConflict, codeAmbiguous
	}
	refuse(w, status, failure{Code: code, Message: err.Error(), Fix: fault.From(err).Fix})
}

func (s *Server) haveTraces(w http.ResponseWriter) bool {
	if s.options.Traces == nil {
		refuse(w, http.StatusNotFound, failure{Code: codeNotFound, Message: "this relay keeps no traces"})
	}
	return s.options.Traces != nil
}

func options(r *http.Request) trace.Options {
	query := r.URL.Query()
	return trace.Options{Reveal: query.Get("reveal") == "1", Kept: query.Get("kept") == "1", Without: query.Get("without")}
}

// follow writes a line for each trace until the client goes, or reads none of it for too long.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", linesType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if control.Flush() != nil { // tells the client that it follows
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines := json.NewEncoder(w) // it ends each with a newline
	s.options.Traces.Follow(ctx, options(r), func(t trace.Trace) {
		if ctx.Err() != nil {
			return
		}
		_ = control.SetWriteDeadline(time.Now().Add(pauseLimit)) // where none can be set, none is
		if err := lines.Encode(t); err != nil || control.Flush() != nil {
			cancel() // the client is gone, or has not read for too long
		}
	})
}
