// Package runtimetest is the suite every runtime must pass.
package runtimetest

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/runtime"
)

// Subject is a runtime under test, with a project of its own that has nothing yet.
type Subject struct {
	Runtime runtime.Runtime

	// Model makes a model in which the program that Program built runs as these services. It is
	// called again for a changed model, with the whole of it.
	Model func(services ...Service) *types.Project

	// Program is the suite's own, as a service finds it.
	Program string

	// Again makes a second Runtime of the same project, as a new ccdev command would.
	Again func() runtime.Runtime

	// Left lists, in words, what of the project there still is: processes, containers, volumes,
	// networks, files. It is empty after Remove with data. Files the caller brought do not count.
	Left func() []string
}

// Service is one service of a model. Besides Env, its environment has FILES_DIR, the folder its
// Files are in; DATA_DIR, a folder whose content is data; and LISTEN_HOST, the address to listen
// on so that a published port answers.
type Service struct {
	Name      string
	Program   string            // program or image to run; the suite's own when empty
	Args      []string          // actions, see testservice
	Env       map[string]string //
	Files     map[string]string // content by name
	Ports     []int             // published under the same number on 127.0.0.1
	Restart   string            // as in compose
	Grace     time.Duration     // stop_grace_period; the runtime's default when 0
	DependsOn []string
}

// patience bounds every wait of the suite. Nothing takes this long unless it is broken.
const patience = 30 * time.Second

// Run runs the suite. newSubject is called once or more per case; the suite removes what a case
// made, and fails when something is left.
func Run(t *testing.T, newSubject func(t *testing.T) Subject) {
	cases := slices.Concat(startCases, stopCases, dataCases, logCases, execCases, faultCases)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.run(&run{T: t, newSubject: newSubject})
		})
	}
}

// Program builds the program that a Subject's services run, for this platform, and returns its
// path. It is static, so that it runs in an empty image. It lasts as long as t: build it once, in
// the test that calls Run.
func Program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "testservice")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path,
		"github.com/ccdev/ccdev/internal/runtime/runtimetest/testservice")
	build.Env = append(build.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program of the suite: %v\n%s", err, out)
	}
	return path
}

type testCase struct {
	name string
	run  func(*run)
}

// run is one case while it runs.
type run struct {
	*testing.T
	newSubject func(t *testing.T) Subject
}

// subject makes a project that is removed, and then looked for, when the case ends.
func (r *run) subject() Subject {
	r.Helper()
	s := r.newSubject(r.T)
	r.Cleanup(func() {
		if err := s.Runtime.Remove(context.Background(), true); err != nil {
			r.Errorf("Remove at the end of the case: %v", err)
		}
		if left := s.Left(); len(left) > 0 {
			r.Errorf("left after Remove with data: %v", left)
		}
	})
	return s
}

// must fails the case on an error of the call that is named.
func (r *run) must(what string, err error) {
	r.Helper()
	if err != nil {
		r.Fatalf("%s: %v", what, err)
	}
}

// start starts a model made of these services, and returns it.
func (r *run) start(s Subject, services ...Service) *types.Project {
	r.Helper()
	model := s.Model(services...)
	r.must("Start", s.Runtime.Start(r.Context(), model))
	return model
}

// until waits for a condition, bounded.
func (r *run) until(what string, holds func() bool) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			r.Fatalf("waited in vain for: %s", what)
		case <-pace.C:
		}
	}
}

// soon fails the case when a call does not return in time.
func (r *run) soon(what string, call func() error) error {
	r.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		r.Fatalf("%s does not return", what)
		return nil
	}
}

// service finds a service by name; ok is false when the runtime reports none.
func (r *run) service(rt runtime.Runtime, name string) (found runtime.Service, ok bool) {
	r.Helper()
	services, err := rt.Services(r.Context())
	r.must("Services", err)
	for _, s := range services {
		if s.Name == name {
			return s, true
		}
	}
	return runtime.Service{}, false
}

// running returns a service that must be running.
func (r *run) running(rt runtime.Runtime, name string) runtime.Service {
	r.Helper()
	s, ok := r.service(rt, name)
	if !ok || s.State != runtime.Running || s.PID <= 0 || s.ID == "" || s.StartedAt.IsZero() {
		r.Fatalf("%s should be running with a PID, an ID and a start time, but: found %v, %+v", name, ok, s)
	}
	return s
}

// exited waits for the end of a service.
func (r *run) exited(rt runtime.Runtime, name string) runtime.Service {
	r.Helper()
	var s runtime.Service
	r.until(name+" has exited", func() bool {
		s, _ = r.service(rt, name)
		return s.State == runtime.Exited
	})
	return s
}

// answers waits until a port gives this answer.
func (r *run) answers(port int, want string) {
	r.Helper()
	var got string
	defer func() {
		if r.Failed() {
			r.Logf("port %d answered last: %q", port, got)
		}
	}()
	r.until("the answer "+strconv.Quote(want), func() bool {
		got, _ = ask(port)
		return got == want
	})
}

// silent says whether nothing serves on a port any more.
func silent(port int) bool {
	answer, err := ask(port)
	return err != nil || answer == ""
}

func ask(port int) (string, error) {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", err
	}
	var answer strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		answer.Write(buf[:n])
		if err != nil {
			return answer.String(), nil // however the other side ended it
		}
	}
}

// freePort returns a port that nothing listens on.
func (r *run) freePort() int {
	r.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must("finding a free port", err)
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// lines returns what a service has logged.
func (r *run) lines(rt runtime.Runtime, service string, tail int) []string {
	r.Helper()
	var lines []string
	err := rt.Logs(r.Context(), service, runtime.LogOptions{Tail: tail}, func(l runtime.Line) {
		lines = append(lines, l.Text)
	})
	r.must("Logs", err)
	return lines
}
