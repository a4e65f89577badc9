//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/runtimetest"
)

// startThenDie names the project that TestMain starts a service of, before it kills itself.
const startThenDie = "CCDEV_TEST_START_THEN_DIE"

// leaveStray makes the test binary a program that starts another, in a group of its own.
const leaveStray = "CCDEV_TEST_LEAVE_STRAY"

// TestMain is also the command that a service must outlive.
func TestMain(m *testing.M) {
	if os.Getenv(leaveStray) != "" {
		beLeftBehind()
		return
	}
	stateDir, asked := os.LookupEnv(startThenDie)
	if !asked {
		os.Exit(m.Run())
	}
	service := types.ServiceConfig{Name: "a"}
	service.Entrypoint = types.ShellCommand{"sh", "-c", `trap "exit 4" TERM; echo ready; while :; do sleep 0.01; done`}
	r, err := New(stateDir)
	if err == nil {
		err = r.Start(context.Background(), &types.Project{Services: types.Services{"a": service}})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = syscall.Kill(0, syscall.SIGINT) // as a terminal does, to all of the command's group
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

func beLeftBehind() {
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	fmt.Println(cmd.Process.Pid)
	_ = cmd.Wait() // until somebody ends both
}

func TestServiceOutlivesTheCommand(t *testing.T) {
	b := newBench(t, "")
	r := b.removed()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), startThenDie+"="+b.stateDir)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the command should have been killed: %v\n%s", err, out)
	}
	s := b.one(r)
	if s.State != runtime.Running {
		t.Fatalf("the service did not outlive the command: %+v", s)
	}
	b.until("it is ready", func() bool { return len(b.lines(r, "a")) == 1 })
	b.must(syscall.Kill(s.PID, syscall.SIGTERM))
	b.until("its end", func() bool { return b.one(r).State == runtime.Exited })
	if got := b.one(r).ExitCode; got != 4 {
		t.Errorf("exit code %d, want 4", got)
	}
}

func TestWithoutARecordNothingRuns(t *testing.T) {
	b := newBench(t, runtimetest.Program(t))
	r := b.removed()
	plans, err := r.plan(b.model(runtimetest.Service{Name: "a", Args: []string{"out=began", "wait"}}), nil)
	b.must(err)
	b.must(os.MkdirAll(r.logs, 0o700))
	b.must(os.MkdirAll(r.recordFile("a"), 0o700)) // so that the record cannot be written
	if _, err := r.spawn(plans[0]); err == nil {
		t.Fatal("a start without a record succeeded")
	}
	b.must(os.RemoveAll(r.run))
	b.until("its shell has ended", func() bool { return slices.Equal(b.left(), []string{"data", "logs"}) })
	if got := b.lines(r, "a"); len(got) != 0 {
		t.Errorf("it ran: %q", got)
	}
}

func TestProgramOutlivesItsShell(t *testing.T) {
	b := newBench(t, runtimetest.Program(t))
	service := runtimetest.Service{Name: "a", Args: []string{"deaf", "out=ready", "wait"}, Grace: time.Millisecond}
	for name, forgotten := range map[string]bool{"its birth is recorded": false, "its birth is not recorded": true} {
		t.Run(name, func(t *testing.T) {
			r := b.start(service)
			b.until("it is ready", func() bool { return len(b.lines(r, "a")) == 1 })
			rec, _, err := r.load("a")
			b.must(err)
			if forgotten {
				rec.Program = identity{}
				b.must(r.save(rec))
			}
			b.must(syscall.Kill(rec.Shell.PID, syscall.SIGKILL))
			b.until("the shell's end", func() bool { return !rec.Shell.alive() })
			s := b.one(r)
			if s.State != runtime.Running || syscall.Kill(s.PID, 0) != nil {
				t.Fatalf("the program lives, but the service is %+v", s)
			}
			b.must(r.Stop(t.Context()))
			if _, lives := identify(s.PID); lives {
				t.Error("the program outlived Stop")
			}
			b.must(r.Remove(t.Context(), true))
		})
	}
}

func TestExitThatNobodySawIsUnknown(t *testing.T) {
	b := newBench(t, runtimetest.Program(t))
	r := b.start(runtimetest.Service{Name: "a", Args: []string{"wait"}})
	rec, _, err := r.load("a")
	b.must(err)
	b.must(syscall.Kill(-rec.Shell.PID, syscall.SIGKILL))
	b.until("its end", func() bool { return b.one(r).State == runtime.Exited })
	if s := b.one(r); s.ExitCode != runtime.UnknownExit || s.PID != 0 {
		t.Errorf("want an unknown exit, got %+v", s)
	}
}

func TestExitCodeOfAKilledProgram(t *testing.T) {
	b := newBench(t, runtimetest.Program(t))
	r := b.start(runtimetest.Service{Name: "a", Args: []string{"wait"}})
	b.must(syscall.Kill(b.one(r).PID, syscall.SIGKILL))
	b.until("its end", func() bool { return b.one(r).State == runtime.Exited })
	if got := b.one(r).ExitCode; got != 137 {
		t.Errorf("exit code %d, want 137, as a shell gives it", got)
	}
}

func TestReusedPIDIsLeftAlone(t *testing.T) {
	b := newBench(t, "")
	r := b.removed()
	stranger := exec.Command("sleep", "1000")
	stranger.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	b.must(stranger.Start())
	ended := make(chan error, 1)
	go func() { ended <- stranger.Wait() }()
	t.Cleanup(func() { _ = stranger.Process.Kill(); <-ended }) //nolint:errcheck // it was killed

	pid := stranger.Process.Pid
	b.must(os.MkdirAll(r.run, 0o700))
	b.must(r.save(record{
		Service: "a", StopSignal: syscall.SIGTERM, StartedAt: time.Now(),
		Shell: identity{PID: pid, Born: "earlier"}, Program: identity{PID: pid, Born: "earlier"},
	}))
	if s := b.one(r); s.State != runtime.Exited {
		t.Errorf("a stranger is taken for the service: %+v", s)
	}
	b.must(r.Stop(t.Context()))
	if _, lives := identify(pid); !lives {
		t.Error("Stop ended a stranger")
	}
}

func TestProgramThatLeavesItsGroupIsStopped(t *testing.T) {
	setsid, err := exec.LookPath("setsid")
	if err != nil {
		t.Skip("needs the setsid command")
	}
	b := newBench(t, runtimetest.Program(t))
	r := b.start(runtimetest.Service{Name: "a", Program: setsid, Args: []string{b.program, "out=ready", "wait"}})
	b.until("it is ready", func() bool { return len(b.lines(r, "a")) == 1 })
	pid := b.one(r).PID
	b.must(r.Stop(t.Context()))
	if _, lives := identify(pid); lives {
		t.Error("the program outlived Stop")
	}
}

func TestStopSignalReachesTheProgram(t *testing.T) {
	b := newBench(t, "")
	service := types.ServiceConfig{Name: "a"}
	service.Entrypoint = types.ShellCommand{"sh", "-c", `trap "echo caught; exit" USR1; echo ready; while :; do sleep 0.01; done`}
	service.StopSignal = "SIGUSR1"
	r := b.startModel(&types.Project{Services: types.Services{"a": service}})
	b.until("it is ready", func() bool { return len(b.lines(r, "a")) == 1 })
	b.must(r.Stop(t.Context()))
	if got := b.lines(r, "a"); !slices.Contains(got, "caught") {
		t.Errorf("its log is %q", got)
	}
}

func TestCallersEnvironmentDoesNotLeak(t *testing.T) {
	t.Setenv("CORE_PEER_ADDRESS", "the developer's")
	t.Setenv("HOME", "/the/home")
	b := newBench(t, runtimetest.Program(t))
	r := b.start(runtimetest.Service{
		Name: "a",
		Args: []string{"env=CORE_PEER_ADDRESS", "env=HOME", "env=OWN", "exit=0"},
		Env:  map[string]string{"OWN": `a "b" $c`},
	})
	b.until("its lines", func() bool { return len(b.lines(r, "a")) == 3 })
	want := []string{"CORE_PEER_ADDRESS is not set", "HOME=/the/home", `OWN=a "b" $c`}
	if got := b.lines(r, "a"); !slices.Equal(got, want) {
		t.Errorf("its environment: %q, want %q", got, want)
	}
}

func TestWhatReplacesAService(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(t *testing.T, b *bench)
		replaced bool
	}{
		"another terminal": {func(t *testing.T, _ *bench) { t.Setenv("TMPDIR", t.TempDir()) }, false},
		"another build": {func(_ *testing.T, b *bench) {
			b.must(os.Chtimes(b.program, time.Time{}, time.Unix(1, 0)))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, runtimetest.Program(t))
			service := runtimetest.Service{Name: "a", Args: []string{"wait"}}
			r := b.start(service)
			before := b.one(r)
			c.change(t, b)
			b.must(r.Start(t.Context(), b.model(service)))
			if got := b.one(r).PID != before.PID; got != c.replaced {
				t.Errorf("replaced: %v, want %v", got, c.replaced)
			}
		})
	}
}

func TestDependenciesStartFirst(t *testing.T) {
	model := &types.Project{Services: types.Services{}}
	for name, before := range map[string][]string{"a": {"b", "nobody"}, "b": {"c"}, "c": {"a"}, "d": nil} {
		s := types.ServiceConfig{Name: name}
		s.DependsOn = types.DependsOnConfig{}
		for _, other := range before {
			s.DependsOn[other] = types.ServiceDependency{}
		}
		model.Services[name] = s
	}
	for names, want := range map[string]string{"": "c b a d", "d a b": "b a d"} {
		got, err := order(model, strings.Fields(names))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("of %q: %v, %v, want %s", names, got, err, want)
		}
	}
}

func TestPortOwnerIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	got := runtime.Listener(t.Context(), l.Addr().(*net.TCPAddr).Port)
	if want := fmt.Sprintf("pid %d (", os.Getpid()); !strings.HasPrefix(got, want) {
		t.Errorf("the owner is %q, want this process", got)
	}
}

func TestEverythingIsPrivate(t *testing.T) {
	b := newBench(t, runtimetest.Program(t))
	r := b.start(runtimetest.Service{Name: "a", Args: []string{"out=x", "exit=0"}})
	b.until("its end", func() bool { return b.one(r).State == runtime.Exited })
	err := filepath.WalkDir(b.stateDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return err
	})
	b.must(err)
}
