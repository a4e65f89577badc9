//go:build linux

package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/wait"
)

func init() { behaviours["first"] = beFirstProcess }

// child runs the test binary with a behaviour, and gives its output.
func child(t *testing.T, how string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), behaviour+"="+how)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

func TestNoProcessOutlivesAKilledRelay(t *testing.T) {
	cmd, lines := child(t, "relay="+t.TempDir())
	pid := started(t, lines)
	if !alive(pid) {
		t.Fatal("the process did not live")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
}

// TestProcessesOutliveTheStart is for the thread that starts them, whose end would be theirs.
func TestProcessesOutliveTheStart(t *testing.T) {
	h := running(t, "block", nil)
	var all []relay.Process
	for range 10 {
		all = append(all, start(t, h, relay.Launch{}))
	}
	// Threads end with the goroutines locked to them; a start that used one would lose its process.
	var threads sync.WaitGroup
	for range 10 {
		threads.Go(func() { start(t, h, relay.Launch{}).Kill() })
	}
	threads.Wait()
	for _, p := range all {
		select {
		case <-p.Done():
			t.Errorf("a process has ended: %+v", p.Exit())
		default:
		}
	}
}

// beFirstProcess is a container's first process as far as orphans go: they become its children.
// It starts chaincodes that leave such, and each has to end as it did nevertheless.
func beFirstProcess(dir string) {
	const prSetChildSubreaper = 36
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); errno != 0 {
		panic(errno)
	}
	r, w := io.Pipe()
	h := newHost(Options{Dir: dir, Env: append(os.Environ(), behaviour+"=leave"), Out: w}, true)
	var orphans []int
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			var pid int
			if _, err := fmt.Sscanf(lines.Text(), "child %d", &pid); err == nil {
				orphans = append(orphans, pid)
			}
		}
	}()
	const rounds = 20
	exits := make(chan relay.Exit, rounds)
	for i := range rounds {
		p, err := h.Start(background, relay.Launch{Generation: i, Program: os.Args[0]})
		if err != nil {
			panic(err)
		}
		go func() { <-p.Done(); exits <- p.Exit() }()
	}
	for range rounds {
		if e := <-exits; e.Code != 5 {
			fmt.Println("a chaincode's end was", e)
		}
	}
	_ = w.Close()
	<-read
	err := wait.For(background, patience, func(context.Context) error {
		for _, pid := range orphans {
			if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
				return fmt.Errorf("orphan %d is not reaped", pid)
			}
		}
		return nil
	})
	h.Close()
	fmt.Println(len(orphans), "orphans:", err)
}

func TestOrphansAreReaped(t *testing.T) {
	_, lines := child(t, "first="+t.TempDir())
	var got []string
	for lines.Scan() {
		got = append(got, lines.Text())
	}
	if !slices.Equal(got, []string{"20 orphans: <nil>"}) {
		t.Errorf("it said %q", got)
	}
}

// TestALookForOrphansStealsNobodysEnd looks while a dead process waits to be reaped by its watch.
func TestALookForOrphansStealsNobodysEnd(t *testing.T) {
	h := running(t, "block", nil)
	p, err := h.start(t.Context(), relay.Launch{Program: os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock() // which its watch needs to reap it
	if err := syscall.Kill(p.PID(), syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	gone(t, p.PID())
	h.reapOrphans()
	p.mu.Unlock()
	if e := exit(t, p); e.How != "signal: terminated" {
		t.Errorf("its end was %+v", e)
	}
}

func TestAReservedPortIsNobodyElses(t *testing.T) {
	address, reservation, err := reservePort()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reservation.Close() }()
	strict := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		return errors.Join(c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0)
		}), err)
	}}
	if l, err := strict.Listen(t.Context(), "tcp", address); err == nil {
		_ = l.Close()
		t.Errorf("somebody else listens at %s", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("the chaincode itself cannot listen: %v", err)
	}
	_ = l.Close()
}

func TestAProgramThatIsStillWritten(t *testing.T) {
	text, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "program")
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(text); err != nil {
		t.Fatal(err)
	}
	h := running(t, "", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := h.Start(ctx, relay.Launch{Program: path}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the start did not wait for it: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := h.Start(t.Context(), relay.Launch{Program: path})
	if err != nil {
		t.Fatal(err)
	}
	if e := exit(t, p); e.Code != 0 {
		t.Errorf("it ended with %+v", e)
	}
}

func TestCountOfOutOfMemoryKills(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		want  int
	}{
		"version 2, in its container": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.events": "low 0\noom 4\noom_kill 3\noom_group_kill 0\n"}, 3},
		"version 2, on a host":        {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.events": "oom_kill 2\n", "sys/fs/cgroup/memory.events": "oom_kill 9\n"}, 2},
		"version 1": {map[string]string{"proc/self/cgroup": "5:cpu:/\n4:memory:/docker/x\n0::/\n",
			"sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"}, 1},
		"an old version 1":  {map[string]string{"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.oom_control": "under_oom 0\n"}, 0},
		"nothing of it":     {map[string]string{"proc/self/cgroup": "0::/\n"}, 0},
		"another system":    {nil, 0},
		"not what it seems": {map[string]string{"proc/self/cgroup": "x\n0::/\n", "sys/fs/cgroup/memory.events": "oom_kill many\n"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for path, text := range tc.files {
				root[path] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := oomKills(root); got != tc.want {
				t.Errorf("it is %d, want %d", got, tc.want)
			}
		})
	}
}

// rest are the fields of a stat up to the time of birth.
const rest = " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 4711"

func TestDeadChildren(t *testing.T) {
	root := fstest.MapFS{}
	for path, text := range map[string]string{
		"proc/11/stat":   "11 (node) Z 7 11 11 0" + rest,
		"proc/12/stat":   "12 (a) Z 7) Z 7 12 12 0" + rest,
		"proc/13/stat":   "13 (lives) S 7 13 13 0" + rest,
		"proc/14/stat":   "14 (another's) Z 8 14 14 0" + rest,
		"proc/15/stat":   "15 (cut",
		"proc/self/stat": "7 (self) Z 7 7 7" + rest,
		"proc/uptime":    "1",
	} {
		root[path] = &fstest.MapFile{Data: []byte(text)}
	}
	if got := deadChildren(root, 7); !slices.Equal(got, []int{11, 12}) {
		t.Errorf("they are %v", got)
	}
}

func TestExitForWantOfMemory(t *testing.T) {
	if e := exitOf(nil, false); e.Code != -1 || e.How == "" {
		t.Errorf("an end that nobody saw is %+v", e)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), behaviour+"=signal=9")
	var failed *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if e := exitOf(failed.ProcessState, true); e.Code != -1 || !strings.Contains(e.How, "out of memory") {
		t.Errorf("it is %+v", e)
	}
	p := &process{oomBefore: 1 << 30}
	if p.oomKilled(failed.ProcessState) || p.oomKilled(nil) {
		t.Error("a kill is taken for one for want of memory")
	}
	p.oomBefore = -1
	if !p.oomKilled(failed.ProcessState) {
		t.Error("a kill for want of memory is not known")
	}
}
