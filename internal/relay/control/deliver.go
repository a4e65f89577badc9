package control

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay"
)

// delivery is what a PUT says besides its body.
type delivery struct {
	generation int
	mode       relay.Mode
	sum        string // of a program
	address    string // of a server, in place of a program
	service    string // that this is
}

func parseDelivery(r *http.Request) (delivery, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 {
		return delivery{}, fmt.Errorf("a generation is a number from 1, not %.100q", r.PathValue("n"))
	}
	query := r.URL.Query()
	d := delivery{
		generation: n, mode: relay.Mode(query.Get("mode")), sum: strings.ToLower(r.Header.Get(checksumHeader)),
		address: query.Get("address"), service: query.Get("service"),
	}
	if d.mode != relay.Server && d.mode != relay.Client {
		return delivery{}, fmt.Errorf("mode is %q or %q, not %.100q", relay.Server, relay.Client, d.mode)
	}
	if query.Has("address") {
		return d, checkAddress(d)
	}
	if sum, err := hex.DecodeString(d.sum); err != nil || len(sum) != 32 {
		return delivery{}, fmt.Errorf("%s has to be the program's SHA-256, in hex", checksumHeader)
	}
	return d, nil
}

// deliver stores a program and swaps to it. It ends with the request: a client that goes away
// before the swap does not want it any more.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request) {
	d, err := parseDelivery(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, failure{Code: codeBadRequest, Message: err.Error()})
		return
	}
	if d.address != "" {
		s.swap(w, r, record{Generation: d.generation, Mode: d.mode, Address: d.address, Service: d.service})
		return
	}
	if r.ContentLength > s.limit {
		refuseUpload(w, &http.MaxBytesError{Limit: s.limit})
		return
	}
	program, err := s.store.receive(http.MaxBytesReader(w, paced(w, r), s.limit), d.generation, d.sum)
	if err != nil {
		refuseUpload(w, err)
		return
	}
	defer s.store.release(program, s.needed)
	s.swap(w, r, record{Generation: d.generation, Program: program, Mode: d.mode, SHA256: d.sum})
}

// swap swaps to what has been delivered, and notes it.
func (s *Server) swap(w http.ResponseWriter, r *http.Request, d record) {
	if !s.ready(r.Context()) {
		refuse(w, http.StatusServiceUnavailable, failure{Code: codeNotSwapped, Message: "the relay has ended"})
		return
	}
	began := time.Now()
	_, err := s.options.Relay.Swap(r.Context(), d.in(s.options.Dir))
	if err != nil {
		refuseSwap(w, err)
		return
	}
	out := Delivered{Generation: d.Generation, State: string(relay.Live), TookMS: time.Since(began).Milliseconds()}
	err = s.store.remember(d, func() int { return s.options.Relay.Status().Live })
	if err != nil {
		out.Warning = "a relay that is restarted would start an older generation: " + err.Error()
		s.options.Log("generation %d is live, but is not noted as such: %v", d.Generation, err)
	}
	answer(w, http.StatusOK, out)
}

// refuseUpload answers where a program has not come as it should.
func refuseUpload(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	var own storageError
	switch {
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, failure{Code: codeTooLarge,
			Message: fmt.Sprintf("a program may have %d MiB", tooLarge.Limit>>20)})
	case errors.As(err, &own):
		refuse(w, http.StatusInsufficientStorage, failure{Code: codeStorage, Message: "the relay cannot store the program: " + err.Error()})
	case errors.Is(err, errChecksum):
		refuse(w, http.StatusUnprocessableEntity, failure{Code: codeChecksum,
			Message: "the program that came has another SHA-256 than the one that was sent"})
	default: // the client is most likely not there to read it
		refuse(w, http.StatusBadRequest, failure{Code: codeCutOff, Message: "the program did not come whole: " + err.Error()})
	}
}

// ready waits until programs may be swapped to.
func (s *Server) ready(ctx context.Context) bool {
	if s.options.Ready == nil {
		return true
	}
	select {
	case <-s.options.Ready:
		return true
	case <-ctx.Done():
		return false
	}
}

// refuseSwap answers where a program has not become live: its fault, or nobody's.
func refuseSwap(w http.ResponseWriter, err error) {
	f := failure{Code: codeNotSwapped, Message: err.Error()}
	var notReady *relay.NotReady
	if !errors.As(err, &notReady) {
		refuse(w, http.StatusConflict, f)
		return
	}
	f.Exit, f.Message = exitOf(notReady.Exit), withoutLog(*notReady)
	if why := (*fault.Fault)(nil); errors.As(err, &why) {
		f.Fix = why.Fix
	}
	switch notReady.Why {
	case relay.Superseded:
		f.Code = codeSuperseded
		refuse(w, http.StatusConflict, f)
	case relay.Cancelled, relay.Closed:
		refuse(w, http.StatusConflict, f)
	default:
		f.Code = codeNotReady
		refuse(w, http.StatusUnprocessableEntity, f)
	}
}

// withoutLog is what an error says without the lines that Exit has.
func withoutLog(e relay.NotReady) string {
	if e.Exit != nil {
		exit := *e.Exit
		exit.Log = nil
		e.Exit = &exit
	}
	return e.Error()
}
