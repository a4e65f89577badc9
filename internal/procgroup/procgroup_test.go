//go:build unix

package procgroup

import (
	"bufio"
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestTheContextsEndEndsTheChildrenToo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := Command(ctx, "/bin/sh", "-c", "sleep 1000 & echo $!; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := cmd.Wait(); err == nil {
		t.Error("the command has ended well")
	}
	Gone(cmd)
	if err := syscall.Kill(child, 0); err == nil && !zombie(t, child) {
		t.Errorf("process %d, which it started, lives", child)
	} else if err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
}

// zombie tells whether a process is dead and only not reaped yet, by whoever inherited it.
func zombie(t *testing.T, pid int) bool {
	t.Helper()
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err != nil || strings.HasPrefix(string(state), "Z")
}

func TestGoneOfWhatNeverStarted(t *testing.T) {
	Gone(Command(t.Context(), "/nowhere/program"))
}
