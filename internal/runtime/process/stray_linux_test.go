package process

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// TestWhatAProgramHasLeft has a program that starts a process in a group of its own, as a relay does,
// and does not end it, as a killed one cannot.
func TestWhatAProgramHasLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		killed bool // both the shell and the program, by somebody
		end    func(*bench, *Runtime, *types.Project)
	}{
		"is ended by a stop":                        {false, stopAll},
		"is ended by a stop, after a kill of both":  {true, stopAll},
		"is ended by a start, after a kill of both": {true, startAgain},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "")
			service := types.ServiceConfig{Name: "a"}
			service.Entrypoint = types.ShellCommand{os.Args[0]}
			value := "1"
			service.Environment = types.MappingWithEquals{leaveStray: &value}
			model := &types.Project{Services: types.Services{"a": service}}
			r := b.startModel(model)
			b.until("it has started another", func() bool { return len(b.lines(r, "a")) == 1 })
			pid, err := strconv.Atoi(b.lines(r, "a")[0])
			b.must(err)
			stray, alive := identify(pid)
			if !alive {
				t.Fatal("it has ended already")
			}
			t.Cleanup(func() { killLiving([]identity{stray}) })
			if tc.killed {
				b.killBoth(r)
				if !stray.alive() {
					t.Fatal("it has ended with them: there is nothing to see")
				}
			}
			tc.end(b, r, model)
			b.until("its end", func() bool { return !stray.alive() })
		})
	}
}

func stopAll(b *bench, r *Runtime, _ *types.Project) { b.must(r.Stop(b.Context())) }

func startAgain(b *bench, r *Runtime, model *types.Project) { b.must(r.Start(b.Context(), model)) }

// killBoth kills the shell of the service and its program.
func (b *bench) killBoth(r *Runtime) {
	b.Helper()
	rec, _, err := r.load("a")
	b.must(err)
	for _, one := range []identity{rec.Shell, rec.Program} {
		b.must(syscall.Kill(one.PID, syscall.SIGKILL))
		b.until("its end", func() bool { return !one.alive() })
	}
}

// TestAnotherStartsProcessesAreLeftAlone has a process that an earlier start, or another project's
// service of the same name, has marked.
func TestAnotherStartsProcessesAreLeftAlone(t *testing.T) {
	rec := record{Service: "a", StartedAt: time.Unix(1, 2)}
	other := exec.Command("sleep", "1000")
	other.Env = []string{record{Service: "a", StartedAt: time.Unix(1, 3)}.mark()}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	if found := marked(rec.mark()); len(found) != 0 {
		t.Errorf("taken for its own: %v", found)
	}
	if found := marked(other.Env[0]); len(found) != 1 || found[0].PID != other.Process.Pid {
		t.Errorf("found %v, want %d", found, other.Process.Pid)
	}
}
