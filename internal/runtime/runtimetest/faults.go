package runtimetest

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

var faultCases = []testCase{
	{"an unknown program is a fault that names it", unknownProgram},
	{"an unknown service is a fault that names it", unknownService},
	{"a port in use is a boot fault that names it", portInUse},
	{"a cancelled start can be removed", startCancelled},
	{"a start cancelled on its way can be removed", startCancelledLater},
}

// noSuchProgram is a program, and an image, that nobody has.
const noSuchProgram = "ccdev-no-such-program"

// faulty fails the case unless err is a fault with a fix, whose message has all these parts.
func (r *run) faulty(err error, parts ...string) *fault.Fault {
	r.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		r.Fatalf("not a fault: %v", err)
	}
	if f.Fix == "" {
		r.Errorf("a fault without a fix: %v", f)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			r.Errorf("the fault does not name %q: %v", part, err)
		}
	}
	return f
}

func unknownProgram(r *run) {
	s := r.subject()
	err := s.Runtime.Start(r.Context(), s.Model(Service{Name: "a", Program: noSuchProgram}))
	_ = r.faulty(err, noSuchProgram)
}

func unknownService(r *run) {
	s := r.subject()
	err := s.Runtime.Start(r.Context(), s.Model(Service{Name: "a", Args: []string{"wait"}}), "nobody")
	_ = r.faulty(err, "nobody")
	r.empty(s.Runtime)
}

func portInUse(r *run) {
	s := r.subject()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must("listening", err)
	defer func() { _ = l.Close() }()
	port := l.Addr().(*net.TCPAddr).Port

	model := s.Model(greeter("greeter", port, "you", ""))
	err = s.Runtime.Start(r.Context(), model)
	f := r.faulty(err, "greeter", strconv.Itoa(port))
	if f.Kind != fault.Boot {
		r.Errorf("a fault of kind %s, want %s", f.Kind, fault.Boot)
	}
	var taken *runtime.PortTaken
	switch {
	case !errors.As(err, &taken):
		r.Errorf("its cause is no PortTaken: %v", err)
	case taken.Port != port || taken.Service != "greeter":
		r.Errorf("PortTaken says %+v", taken)
	case !strings.Contains(err.Error(), taken.Owner):
		r.Errorf("the fault does not name the owner %q: %v", taken.Owner, err)
	}

	r.must("Close", l.Close())
	r.must("Start once the port is free", s.Runtime.Start(r.Context(), model))
	r.answers(port, "hello you ")
}

func startCancelled(r *run) {
	s := r.subject()
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	model := s.Model(Service{Name: "a", Args: []string{"wait"}}, Service{Name: "b", Args: []string{"wait"}})
	err := r.soon("a cancelled Start", func() error { return s.Runtime.Start(ctx, model) })
	if !errors.Is(err, context.Canceled) {
		r.Errorf("a cancelled Start returned %v", err)
	}
	r.must("Remove", s.Runtime.Remove(r.Context(), true))
	r.empty(s.Runtime)
	if left := s.Left(); len(left) != 0 {
		r.Errorf("left: %v", left)
	}
}

// startCancelledLater cancels wherever Start happens to be: whatever that is, Remove must cope.
func startCancelledLater(r *run) {
	s := r.subject()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	var services []Service
	for i := range 5 {
		services = append(services, Service{Name: "s" + strconv.Itoa(i), Args: []string{"wait"}})
	}
	model, end := s.Model(services...), make(chan error, 1)
	go func() { end <- s.Runtime.Start(ctx, model) }()
	r.until("the first service is there, or the end", func() bool {
		seen, err := s.Runtime.Services(r.Context())
		r.must("Services", err)
		return len(seen) > 0
	})
	cancel()
	_ = r.soon("a Start that is cancelled on its way", func() error { return <-end })
	r.must("Remove by a later command", s.Again().Remove(r.Context(), true))
	r.empty(s.Runtime)
	if left := s.Left(); len(left) != 0 {
		r.Errorf("left: %v", left)
	}
}
