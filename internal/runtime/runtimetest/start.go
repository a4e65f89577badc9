package runtimetest

import (
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/ccdev/ccdev/internal/runtime"
)

var startCases = []testCase{
	{"a new project has no services", newProject},
	{"started services run", startedServicesRun},
	{"only the named services start", onlyNamedStart},
	{"a start again leaves a service alone", startAgainLeavesAlone},
	{"a changed environment replaces the service", changedEnvReplaces},
	{"a changed file replaces the service", changedFileReplaces},
	{"a failed replacement leaves the old service alone", failedReplacementKeepsOld},
	{"a crashed service is started again", crashedStartsAgain},
	{"a stopped service is started again", stoppedStartsAgain},
	{"an exit code is reported, also to a later command", exitCodeReported},
	{"different services start concurrently", concurrentStart},
}

// greeter is a service that answers on a port.
func greeter(name string, port int, greeting, file string) Service {
	return Service{
		Name:  name,
		Args:  []string{"out=started", "serve=" + strconv.Itoa(port), "wait"},
		Env:   map[string]string{"GREETING": greeting},
		Files: map[string]string{"greeting": file},
		Ports: []int{port},
	}
}

func newProject(r *run) {
	services, err := r.subject().Runtime.Services(r.Context())
	r.must("Services", err)
	if len(services) != 0 {
		r.Errorf("a new project has services: %+v", services)
	}
}

func startedServicesRun(r *run) {
	s, one, two := r.subject(), r.freePort(), r.freePort()
	second := greeter("second", two, "two", "!")
	second.DependsOn = []string{"third"}
	r.start(s, second, greeter("first", one, "one", "?"), Service{Name: "third", Args: []string{"wait"}})
	r.answers(one, "hello one ?")
	r.answers(two, "hello two !")

	services, err := s.Runtime.Services(r.Context())
	r.must("Services", err)
	var names []string
	for _, s := range services {
		names = append(names, s.Name)
	}
	if want := []string{"first", "second", "third"}; !slices.Equal(names, want) {
		r.Errorf("services are %v, want %v", names, want)
	}
	for _, name := range names {
		r.running(s.Runtime, name)
	}
}

func onlyNamedStart(r *run) {
	s := r.subject()
	model := s.Model(Service{Name: "a", Args: []string{"wait"}}, Service{Name: "b", Args: []string{"wait"}})
	r.must("Start", s.Runtime.Start(r.Context(), model, "b"))
	r.running(s.Runtime, "b")
	if a, ok := r.service(s.Runtime, "a"); ok {
		r.Errorf("a was not asked for, but there is %+v", a)
	}
}

func startAgainLeavesAlone(r *run) {
	s, port := r.subject(), r.freePort()
	r.start(s, greeter("a", port, "you", ""))
	first := r.running(s.Runtime, "a")
	r.start(s, greeter("a", port, "you", ""))
	r.same(first, r.running(s.Runtime, "a"))

	later := s.Again()
	r.same(first, r.running(later, "a"))
	r.must("Start by a later command", later.Start(r.Context(), s.Model(greeter("a", port, "you", ""))))
	r.same(first, r.running(later, "a"))
}

// same fails the case when a service is not the one it was.
func (r *run) same(before, now runtime.Service) {
	r.Helper()
	if before.ID != now.ID || !before.StartedAt.Equal(now.StartedAt) {
		r.Errorf("the service was replaced: %+v became %+v", before, now)
	}
}

// replaced fails the case when a service is the one it was.
func (r *run) replaced(before, now runtime.Service) {
	r.Helper()
	if before.ID == now.ID && before.StartedAt.Equal(now.StartedAt) {
		r.Errorf("the service was left alone: %+v", now)
	}
}

func changedEnvReplaces(r *run) {
	s, port := r.subject(), r.freePort()
	r.start(s, greeter("a", port, "old", ""))
	r.answers(port, "hello old ")
	before := r.running(s.Runtime, "a")
	r.start(s, greeter("a", port, "new", ""))
	r.answers(port, "hello new ")
	r.replaced(before, r.running(s.Runtime, "a"))
}

func changedFileReplaces(r *run) {
	s, port := r.subject(), r.freePort()
	other := Service{Name: "other", Args: []string{"wait"}}
	r.start(s, greeter("a", port, "you", "old"), other)
	r.answers(port, "hello you old")
	before, bystander := r.running(s.Runtime, "a"), r.running(s.Runtime, "other")
	later := s.Again()
	r.must("Start", later.Start(r.Context(), s.Model(greeter("a", port, "you", "new"), other)))
	r.answers(port, "hello you new")
	r.replaced(before, r.running(later, "a"))
	r.same(bystander, r.running(later, "other"))
}

func failedReplacementKeepsOld(r *run) {
	s, port := r.subject(), r.freePort()
	r.start(s, greeter("a", port, "old", ""))
	r.answers(port, "hello old ")
	before := r.running(s.Runtime, "a")

	broken := greeter("a", port, "new", "")
	broken.Program = noSuchProgram
	if err := s.Runtime.Start(r.Context(), s.Model(broken)); err == nil {
		r.Error("Start of a replacement that does not exist succeeded")
	}
	r.same(before, r.running(s.Runtime, "a"))
	r.answers(port, "hello old ")
}

func crashedStartsAgain(r *run) {
	s := r.subject()
	model := r.start(s, Service{Name: "a", Args: []string{"out=began", "exit=3"}})
	first := r.exited(s.Runtime, "a")
	r.must("Start after a crash", s.Runtime.Start(r.Context(), model))
	r.until("it has run twice", func() bool {
		again := r.exited(s.Runtime, "a")
		return again.StartedAt.After(first.StartedAt)
	})
}

func stoppedStartsAgain(r *run) {
	s, port := r.subject(), r.freePort()
	model := r.start(s, greeter("a", port, "you", ""))
	r.answers(port, "hello you ")
	before := r.running(s.Runtime, "a")
	r.must("Stop", s.Runtime.Stop(r.Context(), "a"))
	r.must("Start after Stop", s.Runtime.Start(r.Context(), model))
	r.answers(port, "hello you ")
	r.replaced(before, r.running(s.Runtime, "a"))
}

func exitCodeReported(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "seven", Args: []string{"exit=7"}}, Service{Name: "zero", Args: []string{"exit=0"}})
	for name, code := range map[string]int{"seven": 7, "zero": 0} {
		for who, rt := range map[string]runtime.Runtime{"the same": s.Runtime, "a later": s.Again()} {
			got := r.exited(rt, name)
			if got.ExitCode != code || got.PID != 0 {
				r.Errorf("%s runtime says of %s: %+v, want exit code %d and no PID", who, name, got, code)
			}
		}
	}
}

func concurrentStart(r *run) {
	s, names := r.subject(), []string{"a", "b", "c", "d"}
	var services []Service
	for _, name := range names {
		services = append(services, Service{Name: name, Args: []string{"wait"}})
	}
	model := s.Model(services...)
	var g errgroup.Group
	for _, name := range names {
		g.Go(func() error { return s.Runtime.Start(r.Context(), model, name) })
		g.Go(func() error {
			_, err := s.Runtime.Services(r.Context())
			return err
		})
	}
	r.must("concurrent Start", g.Wait())
	for _, name := range names {
		r.running(s.Runtime, name)
	}
	for _, name := range names {
		g.Go(func() error { return s.Runtime.Stop(r.Context(), name) })
	}
	r.must("concurrent Stop", g.Wait())
}
