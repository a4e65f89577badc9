//go:build unix

package binaries

import (
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// ownGroup makes the command the leader of a process group, which its children join.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// awaitGroup waits until the last process of a killed group is gone, so that none writes into a
// folder that is being removed. It gives up after a while: where nobody reaps orphans, as in a
// container without an init, the dead ones stay listed.
func awaitGroup(cmd *exec.Cmd) {
	if cmd.Process == nil {
		return
	}
	for range 100 {
		if err := syscall.Kill(-cmd.Process.Pid, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
