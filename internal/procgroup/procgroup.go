// Package procgroup runs commands that start others, so that their context's end ends them all.
package procgroup

import (
	"context"
	"os/exec"
	"time"
)

const (
	pipeWait = 5 * time.Second // for the pipes of a killed command to close
	goneWait = time.Second     // for the last process to be gone
)

// Command is exec.CommandContext for a command that starts others. When ctx ends, all of them
// are killed. The terminal's Ctrl-C does not reach them: it is for ccdev, which ends ctx.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	own(cmd)
	cmd.WaitDelay = pipeWait
	return cmd
}
