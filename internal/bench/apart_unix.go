//go:build unix

package bench

import (
	"os/exec"
	"syscall"
)

// apart keeps a terminal's Ctrl-C from the command: it is told by us, once, as a second one
// would end it in the middle of cleaning up.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
