//go:build unix

package procgroup

import (
	"context"
	"errors"
	"os/exec"
	"syscall"

	"github.com/ccdev/ccdev/internal/wait"
)

// own makes the command the leader of a process group, which its children join.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// Interrupt asks all processes of a command to end, as a terminal's Ctrl-C does.
func Interrupt(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }

// Kill ends what is left of a command. There may be nothing.
func Kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// Gone waits until the last process of a killed command is gone, so that none writes into a
// folder that is being removed. It gives up after a second: where nobody reaps orphans, as in a
// container without an init, the dead ones stay listed.
func Gone(cmd *exec.Cmd) {
	if cmd.Process == nil {
		return
	}
	_ = wait.For(context.Background(), goneWait, func(context.Context) error {
		if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
			return errors.New("there are processes of it")
		}
		return nil
	})
}
