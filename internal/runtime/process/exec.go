//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/ccdev/ccdev/internal/procgroup"
	"github.com/ccdev/ccdev/internal/runtime"
)

// Exec implements runtime.Runtime: a plain process shares this machine with its user, and so its
// commands run as the user's do.
func (r *Runtime) Exec(ctx context.Context, _ string, c runtime.Command) error {
	cmd := procgroup.Command(ctx, c.Args[0], c.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		procgroup.Gone(cmd)
		return ctx.Err()
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return &runtime.ExitError{Code: exit.ExitCode()}
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	return nil
}
