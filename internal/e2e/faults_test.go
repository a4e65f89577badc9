package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// project makes a chaincode project whose network is taken down at the end of the test, and
// checked to have left nothing.
func project(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	mustRun(t, ccdev(filepath.Dir(dir), "init", name, "--template", "go-shim"))
	t.Cleanup(func() {
		mustRun(t, ccdev(dir, "down", "-v"))
		if left := leftOf(dir, shared.cache); len(left) > 0 {
			t.Errorf("left of %s:\n%s", dir, strings.Join(left, "\n"))
		}
	})
	return dir
}

func mustRun(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", cmd.Args, err, out, stderr.Bytes())
	}
	return string(out)
}

// upTo starts a first up and ends it with a signal as soon as it emits the event of this name
// for a step that begins so. It returns the exit code.
func upTo(t *testing.T, dir, runtime, event, step string, sig syscall.Signal) int {
	t.Helper()
	return endAt(t, ccdev(dir, "up", "-d", "--runtime", runtime, "-o", "json"), event, step, sig)
}

// endAt does it to any command.
func endAt(t *testing.T, cmd *exec.Cmd, event, step string, sig syscall.Signal) int {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	var seen []string
	sent := false
	for lines.Scan() {
		seen = append(seen, lines.Text())
		var e struct{ Event, Step string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Errorf("not a JSON line: %q", lines.Text())
		}
		if !sent && e.Event == event && strings.HasPrefix(e.Step, step) {
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			sent = true
		}
	}
	err = cmd.Wait()
	if !sent {
		t.Fatalf("it never came to %s of %q: %v\n%s", event, step, err, strings.Join(seen, "\n"))
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

var phases = []struct{ event, step string }{
	{"begun", ""},
	{"step_started", "fabric"},
	{"step_started", "build"},
	{"step_started", "nodes"},
	{"step_started", "orderer joins"},
	{"step_started", "peers join"},
	{"step_started", "start"},
	{"step_started", "install"},
	{"step_started", "approve"},
	{"step_started", "commit"},
	{"step_started", "ready"},
}

func forRuntimes(t *testing.T, test func(t *testing.T, runtime string)) {
	for _, runtime := range shared.runtimes {
		t.Run(runtime, func(t *testing.T) {
			t.Parallel()
			test(t, runtime)
		})
	}
}

// Ctrl-C in any phase of the first up cleans up and exits 130.
func TestInterrupt(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		for _, phase := range phases {
			t.Run(phase.event+" "+phase.step, func(t *testing.T) {
				dir := project(t, "demo")
				if code := upTo(t, dir, runtime, phase.event, phase.step, syscall.SIGINT); code != 130 {
					t.Errorf("exit code %d, want 130", code)
				}
				if left := leftOf(dir, shared.cache); len(left) > 0 {
					t.Errorf("left after Ctrl-C:\n%s", strings.Join(left, "\n"))
				}
			})
		}
	})
}

// A ccdev that is killed leaves something that the next up completes.
func TestKill(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		for _, phase := range phases {
			t.Run(phase.event+" "+phase.step, func(t *testing.T) {
				dir := project(t, "demo")
				upTo(t, dir, runtime, phase.event, phase.step, syscall.SIGKILL)
				mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
				mustRun(t, ccdev(dir, "invoke", "put", "a", "1"))
			})
		}
	})
}

// Two at once in one folder: one makes the network, the other finds it made.
func TestUpTwiceAtOnce(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		atOnce(t, func() error { return output(ccdev(dir, "up", "-d", "--runtime", runtime)) },
			func() error { return output(ccdev(dir, "up", "-d", "--runtime", runtime)) })
		mustRun(t, ccdev(dir, "invoke", "put", "a", "1"))
		status, err := statusOf(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(status.Services) != 3 || status.Chaincodes[0].Sequence != 1 {
			t.Errorf("two ups made %+v", status)
		}
	})
}

// Two projects of one name, side by side, come up at once and do not touch each other.
func TestTwoProjects(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		a, b := project(t, "demo"), project(t, "demo")
		atOnce(t, func() error { return output(ccdev(a, "up", "-d", "--runtime", runtime)) },
			func() error { return output(ccdev(b, "up", "-d", "--runtime", runtime)) })
		mustRun(t, ccdev(a, "invoke", "put", "key", "of a"))
		mustRun(t, ccdev(b, "invoke", "put", "key", "of b"))
		mustRun(t, ccdev(a, "down", "-v"))
		if got := mustRun(t, ccdev(b, "query", "get", "key")); got != "of b\n" {
			t.Errorf("b has %q after a is gone", got)
		}
		mustRun(t, ccdev(a, "up", "-d", "--runtime", runtime))
		if err := output(ccdev(a, "query", "get", "key")); err == nil {
			t.Error("a has its key still after down -v")
		}
	})
}

func atOnce(t *testing.T, all ...func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, f := range all {
		wg.Go(func() {
			if err := f(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func output(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	return nil
}
