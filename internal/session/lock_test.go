package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// on is a session on a folder, of a command of its own.
func on(t *testing.T, dir string, sink event.Sink) *Session {
	t.Helper()
	s, err := Open(Options{
		Dir: dir, CacheDir: filepath.Join(dir, "cache"), Events: sink,
		// An engine that is not there: these tests are about plain processes.
		Getenv: func(name string) string {
			if name == "DOCKER_HOST" {
				return "unix://" + filepath.Join(dir, "no.sock")
			}
			return ""
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOneCommandAtATimeChangesTheNetwork(t *testing.T) {
	dir := t.TempDir()
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for range 5 {
				release, err := on(t, dir, event.Discard).lock(t.Context(), "up")
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				inside.Add(-1)
				release()
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d commands were at it at once", most.Load())
	}
}

func TestTheNextOneIsToldForWhomItWaits(t *testing.T) {
	for name, wrote := range map[string]bool{"it has written who it is": true, "it is about to": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			release, err := on(t, dir, event.Discard).lock(t.Context(), "up")
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("another ccdev is changing this network (pid %d, ccdev up): waiting for it", os.Getpid())
			if !wrote {
				want = "another ccdev is changing this network: waiting for it"
				file := filepath.Join(dir, "cache", "locks", project.Project{Dir: dir}.ID())
				if err := os.Truncate(file, 0); err != nil {
					t.Fatal(err)
				}
			}
			var notices []string
			waiting := on(t, dir, func(e event.Event) {
				if n, ok := e.(event.Notice); ok {
					notices = append(notices, n.Text)
					release() // only now: it waits for it, or this test never ends
				}
			})
			next, err := waiting.lock(t.Context(), "reload")
			if err != nil {
				t.Fatal(err)
			}
			defer next()
			if !slices.Equal(notices, []string{want}) {
				t.Errorf("the notices are %q", notices)
			}
		})
	}
}

func TestWaitingForTheLockEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	release, err := on(t, dir, event.Discard).lock(t.Context(), "up")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	interrupted := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	waiting := on(t, dir, func(event.Event) { cancel(interrupted) })
	if _, err := waiting.lock(ctx, "down"); !errors.Is(err, interrupted) {
		t.Errorf("the error is %v, want the cause", err)
	}
}

// A lock that its holder removes, with the project, must not let in two of those that wait.
func TestTheLockHoldsWhileProjectsComeAndGo(t *testing.T) {
	dir := t.TempDir()
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 10 {
				s := on(t, dir, event.Discard)
				release, err := s.lock(t.Context(), "up")
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				if i%2 == 0 {
					err = network.PrepareStateDir(dir)
				} else {
					err = s.erase(t.Context(), nil)
				}
				if err != nil {
					t.Error(err)
				}
				inside.Add(-1)
				release()
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d commands were at it at once", most.Load())
	}
}

func TestEraseLeavesWhatIsTheUsers(t *testing.T) {
	dir := t.TempDir()
	s := on(t, dir, event.Discard)
	mine := filepath.Join(dir, "main.go")
	for _, file := range []string{mine, filepath.Join(dir, ".ccdev", "nodes", "orderer", "core.yaml")} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release, err := s.lock(t.Context(), "down")
	if err == nil {
		err = s.erase(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	release()
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	for _, gone := range []string{network.StateDir(dir), filepath.Join(dir, "cache", "locks", project.Project{Dir: s.Dir()}.ID())} {
		if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
}

func TestDownOfNothing(t *testing.T) {
	for name, data := range map[string]bool{"down": false, "down -v": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := on(t, dir, event.Discard).Down(t.Context(), data); err != nil {
				t.Errorf("a project that has nothing: %v", err)
			}
			if _, err := os.Stat(network.StateDir(dir)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("it has made a state folder: %v", err)
			}
		})
	}
}

func TestDownOfADamagedRecord(t *testing.T) {
	dir := t.TempDir()
	if err := network.PrepareStateDir(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(network.StateDir(dir), "network.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := on(t, dir, event.Discard).Down(t.Context(), false); !errors.Is(err, network.ErrUnreadable) {
		t.Errorf("without -v the error is %v", err)
	}
	if err := on(t, dir, event.Discard).Down(t.Context(), true); err != nil {
		t.Errorf("with -v, as its fix says: %v", err)
	}
	if _, err := os.Stat(network.StateDir(dir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state is still there: %v", err)
	}
}
