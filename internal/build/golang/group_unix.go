//go:build unix

package golang

import (
	"os/exec"
	"syscall"
	"time"
)

// endGroup makes the end of the command's context end the compilers it started as well, and
// keeps the terminal's Ctrl-C for ccdev, which then ends the context.
func endGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
}
