package process

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/runtimetest"
)

// A project's folder is removed while its services run: they are found, and end.
func TestLeftovers(t *testing.T) {
	b := newBench(t, runtimetest.Program(t))
	r := b.start(runtimetest.Service{Name: "a", Args: []string{"wait"}})
	services, err := r.Services(t.Context())
	if err != nil || len(services) != 1 {
		t.Fatal(services, err)
	}
	rec, _, err := r.load("a")
	b.must(err)
	t.Cleanup(func() { killLiving([]identity{rec.Shell}) })
	dir := filepath.Dir(b.stateDir)
	own := func() []runtime.Leftover { // those of other tests, which run at the same time, are theirs
		gone := func(d string) bool {
			_, err := os.Stat(d)
			return d == dir && os.IsNotExist(err)
		}
		return Leftovers(gone)
	}
	if left := own(); len(left) > 0 {
		t.Fatalf("the project is there, and has left %v", left)
	}
	b.must(os.RemoveAll(dir))
	left := own()
	if len(left) != 1 || left[0].Dir != dir || left[0].What != "process of a" {
		t.Fatalf("it has left %v", left)
	}
	b.must(left[0].Remove(t.Context()))
	if left := own(); len(left) > 0 || groupLives(rec.Shell.PID) {
		t.Errorf("after that it has left %v", left)
	}
}

func TestOfService(t *testing.T) {
	shell := []string{"/bin/sh", "-c", script, "ccdev:a", "/p/.ccdev/run/a.pid", "/p/.ccdev/run/a.exit", "no", "peer"}
	if state, service, ours := ofService(shell); state != "/p/.ccdev" || service != "a" || !ours {
		t.Errorf("it is %s's %s: %v", state, service, ours)
	}
	for name, change := range map[string]func(args []string) []string{
		"another script": func(args []string) []string { args[2] = "echo"; return args },
		"no name":        func(args []string) []string { args[3] = "a"; return args },
		"no folder":      func(args []string) []string { args[4] = "a.pid"; return args },
		"another folder": func(args []string) []string { args[4] = "/p/a.pid"; return args },
		"too few":        func(args []string) []string { return args[:4] },
		"none":           func([]string) []string { return nil },
	} {
		if _, _, ours := ofService(change(slices.Clone(shell))); ours {
			t.Errorf("%s: it counts as a service's", name)
		}
	}
}
