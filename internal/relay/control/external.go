package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/ccdev/ccdev/internal/relay"
)

// checkAddress is about a delivery of an address.
func checkAddress(d delivery) error {
	if d.mode != relay.Server {
		return errors.New("an address is that of a server: mode is server")
	}
	return hostPort(d.address)
}

func hostPort(address string) error {
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
		return fmt.Errorf("an address is HOST:PORT, not %.100q", address)
	}
	return nil
}

// attend has the relay wait for an external chaincode, and notes it.
func (s *Server) attend(w http.ResponseWriter, r *http.Request) {
	var e relay.External
	body := http.MaxBytesReader(w, paced(w, r), maxJSON)
	err := json.NewDecoder(body).Decode(&e)
	if err == nil && (e.Mode != relay.Server && e.Mode != relay.Client || e.Absent == "") {
		err = errors.New(`it takes {"mode": "server" or "client", "address": "HOST:PORT", "absent": "..."}`)
	}
	if err == nil {
		err = hostPort(e.Address)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, failure{Code: codeBadRequest, Message: err.Error()})
		return
	}
	if !s.ready(r.Context()) {
		refuse(w, http.StatusServiceUnavailable, failure{Code: codeNotSwapped, Message: "the relay has ended"})
		return
	}
	if err := s.options.Relay.Attend(e); err != nil {
		refuse(w, http.StatusConflict, failure{Code: codeNotSwapped, Message: err.Error()})
		return
	}
	if err := s.store.attend(e, s.needed); err != nil {
		s.options.Log("a relay that is restarted would not wait for the external chaincode: %v", err)
	}
	w.WriteHeader(http.StatusNoContent)
}

// attend notes an external chaincode in place of all generations.
func (s *store) attend(e relay.External, needed func() map[int]bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.delivered)
	defer s.prune(needed())
	return s.write(record{Mode: e.Mode, Address: e.Address, Absent: e.Absent})
}

// restoreExternal has the relay wait for an external chaincode if it did so when it ended.
func restoreExternal(r Relay, dir string, log func(string, ...any)) bool {
	noted, found, err := readRecord(dir)
	if err != nil || !found || noted.Generation != 0 {
		return false // what is wrong with the record is told by restore
	}
	if err := r.Attend(relay.External{Mode: noted.Mode, Address: noted.Address, Absent: noted.Absent}); err != nil {
		r.Explain(err.Error())
		log("%v", err)
	}
	return true
}
