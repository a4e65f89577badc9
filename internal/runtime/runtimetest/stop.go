package runtimetest

import (
	"context"
	"os"
	"strconv"
	"time"

	"github.com/ccdev/ccdev/internal/runtime"
)

var stopCases = []testCase{
	{"stop ends and removes the named service", stopNamed},
	{"stop ends all services", stopAll},
	{"stop of an unknown service is no error", stopUnknown},
	{"a later command stops", laterStops},
	{"a service that ignores SIGTERM is killed", deafIsKilled},
	{"a stop ends with its context", stopCancelled},
	{"a service that fails is run again where it asks for it", failureRunsAgain},
	{"the children of a service end with it", childrenEnd},
	{"projects do not touch each other", projectsApart},
}

func failureRunsAgain(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"wait"}, Restart: "on-failure"}, Service{Name: "b", Args: []string{"exit=0"}, Restart: "on-failure"})
	before := r.running(s.Runtime, "a")
	process, err := os.FindProcess(before.PID)
	r.must("finding it", err)
	r.must("killing it", process.Kill())
	r.until("it runs again", func() bool {
		now, _ := r.service(s.Runtime, "a")
		return now.State == runtime.Running && now.PID != 0 && now.PID != before.PID
	})
	if b := r.exited(s.Runtime, "b"); b.ExitCode != 0 {
		r.Errorf("what ended well is %+v", b)
	}
	r.must("Stop", s.Runtime.Stop(r.Context()))
	r.empty(s.Runtime)
}

func stopNamed(r *run) {
	s, port := r.subject(), r.freePort()
	r.start(s, greeter("a", port, "you", ""), Service{Name: "b", Args: []string{"wait"}})
	r.answers(port, "hello you ")
	bystander := r.running(s.Runtime, "b")
	r.must("Stop", s.Runtime.Stop(r.Context(), "a"))
	if !silent(port) {
		r.Error("a still answers")
	}
	if a, ok := r.service(s.Runtime, "a"); ok {
		r.Errorf("a was stopped, but there is %+v", a)
	}
	r.same(bystander, r.running(s.Runtime, "b"))
}

func stopAll(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"wait"}}, Service{Name: "b", Args: []string{"exit=1"}})
	r.exited(s.Runtime, "b")
	r.must("Stop", s.Runtime.Stop(r.Context()))
	r.empty(s.Runtime)
}

// empty fails the case when a project has services.
func (r *run) empty(rt runtime.Runtime) {
	r.Helper()
	services, err := rt.Services(r.Context())
	r.must("Services", err)
	if len(services) != 0 {
		r.Errorf("there should be no services, but: %+v", services)
	}
}

func stopUnknown(r *run) {
	s := r.subject()
	r.must("Stop of an unknown service", s.Runtime.Stop(r.Context(), "nobody"))
	r.must("Stop of nothing", s.Runtime.Stop(r.Context()))
	r.start(s, Service{Name: "a", Args: []string{"wait"}})
	r.must("Stop of an unknown service", s.Runtime.Stop(r.Context(), "nobody"))
	r.running(s.Runtime, "a")
}

func laterStops(r *run) {
	s, port := r.subject(), r.freePort()
	r.start(s, greeter("a", port, "you", ""))
	r.answers(port, "hello you ")
	r.must("Stop by a later command", s.Again().Stop(r.Context()))
	if !silent(port) {
		r.Error("a still answers")
	}
	r.empty(s.Runtime)
}

func deafIsKilled(r *run) {
	s, port := r.subject(), r.freePort()
	deaf := greeter("deaf", port, "you", "")
	deaf.Args = append([]string{"deaf"}, deaf.Args...)
	deaf.Grace = time.Millisecond
	r.start(s, deaf)
	r.answers(port, "hello you ")
	r.must("Stop", r.soon("Stop of a deaf service", func() error {
		return s.Runtime.Stop(r.Context(), "deaf")
	}))
	if !silent(port) {
		r.Error("it still answers")
	}
	r.empty(s.Runtime)
}

func stopCancelled(r *run) {
	s, port := r.subject(), r.freePort()
	deaf := greeter("deaf", port, "you", "")
	deaf.Args = append([]string{"deaf"}, deaf.Args...)
	deaf.Grace = time.Second
	r.start(s, deaf)
	r.answers(port, "hello you ")
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	if err := r.soon("a cancelled Stop", func() error { return s.Runtime.Stop(ctx) }); err == nil {
		r.Error("a cancelled Stop reported success")
	}
}

func childrenEnd(r *run) {
	s, port := r.subject(), r.freePort()
	child := Service{
		Name:  "parent",
		Args:  []string{"child=" + strconv.Itoa(port), "wait"},
		Env:   map[string]string{"GREETING": "child"},
		Ports: []int{port},
		Grace: 50 * time.Millisecond,
	}
	r.start(s, child)
	r.answers(port, "hello child ")
	r.must("Stop", s.Runtime.Stop(r.Context(), "parent"))
	if !silent(port) {
		r.Error("the child outlived Stop")
	}

	child.Name = "orphan"
	child.Args = []string{"child=" + strconv.Itoa(port), "exit=1"}
	r.start(s, child)
	r.exited(s.Runtime, "orphan")
	r.until("the child has ended with the service", func() bool { return silent(port) })
}

func projectsApart(r *run) {
	one, two := r.subject(), r.subject()
	here, there := r.freePort(), r.freePort()
	r.start(one, greeter("a", here, "one", ""))
	r.start(two, greeter("a", there, "two", ""))
	r.answers(here, "hello one ")
	r.answers(there, "hello two ")
	bystander := r.running(two.Runtime, "a")
	r.must("Stop", one.Runtime.Stop(r.Context()))
	r.must("Remove", one.Runtime.Remove(r.Context(), true))
	r.empty(one.Runtime)
	r.same(bystander, r.running(two.Runtime, "a"))
	r.answers(there, "hello two ")
}
