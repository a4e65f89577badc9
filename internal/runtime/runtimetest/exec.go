package runtimetest

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/ccdev/ccdev/internal/runtime"
)

var execCases = []testCase{
	{"a command beside a service has its streams", execStreams},
	{"a command's exit code is an error", execFails},
	{"a command ends with its context", execInterrupted},
}

func execStreams(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"wait"}})
	input := strings.Repeat("0123456789abcdef", 100_000)
	var out, err bytes.Buffer
	r.must("Exec", s.Runtime.Exec(r.Context(), "a", runtime.Command{
		Args: []string{s.Program, "err=on its way", "in"}, Stdin: strings.NewReader(input), Stdout: &out, Stderr: &err,
	}))
	if out.String() != input {
		r.Errorf("%d bytes went in, and %d others came out", len(input), out.Len())
	}
	if err.String() != "on its way\n" {
		r.Errorf("its stderr is %q", err.String())
	}
	r.running(s.Runtime, "a")
}

func execFails(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"wait"}})
	err := s.Runtime.Exec(r.Context(), "a", runtime.Command{
		Args: []string{s.Program, "exit=7"}, Stdin: strings.NewReader("which nobody reads"),
	})
	if exit := (*runtime.ExitError)(nil); !errors.As(err, &exit) || exit.Code != 7 {
		r.Errorf("the error is %v, want exit code 7", err)
	}
}

func execInterrupted(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"wait"}})
	ctx, cancel := context.WithCancel(r.Context())
	began := &onFirst{do: cancel}
	err := s.Runtime.Exec(ctx, "a", runtime.Command{Args: []string{s.Program, "out=began", "wait"}, Stdout: began})
	if !errors.Is(err, context.Canceled) {
		r.Errorf("the error is %v", err)
	}
}

// onFirst does something as soon as anything is written.
type onFirst struct{ do func() }

func (w *onFirst) Write(b []byte) (int, error) {
	w.do()
	return len(b), nil
}
