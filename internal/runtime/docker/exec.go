package docker

import (
	"context"
	"fmt"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// Exec implements runtime.Runtime.
func (r *Runtime) Exec(ctx context.Context, service string, c runtime.Command) error {
	have, err := r.containers(ctx)
	if err != nil {
		return err
	}
	if len(have[service]) == 0 || stateOf(have[service][0].State) != runtime.Running {
		return fault.New(fault.Runtime, `run "ccdev up -d"`, "%s does not run, and so nothing can be run in its container", service)
	}
	made, err := r.engine.api.ExecCreate(ctx, have[service][0].ID, client.ExecCreateOptions{
		Cmd: c.Args, AttachStdin: c.Stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return r.engine.failed(err, "run %s in %s", c.Args[0], service)
	}
	if err := r.attend(ctx, made.ID, c); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return r.engine.failed(err, "run %s in %s", c.Args[0], service)
	}
	ended, err := r.engine.api.ExecInspect(ctx, made.ID, client.ExecInspectOptions{})
	switch {
	case err != nil:
		return r.engine.failed(err, "look at %s in %s", c.Args[0], service)
	case ended.Running:
		return fmt.Errorf("%s in %s: the engine lost it", c.Args[0], service)
	case ended.ExitCode != 0:
		return &runtime.ExitError{Code: ended.ExitCode}
	}
	return nil
}

// attend starts a command and passes its streams on until it ends.
func (r *Runtime) attend(ctx context.Context, id string, c runtime.Command) error {
	conn, err := r.engine.api.ExecAttach(ctx, id, client.ExecAttachOptions{})
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, conn.Close)
	defer stop()
	var streams errgroup.Group
	if c.Stdin != nil {
		streams.Go(func() error {
			if _, err := io.Copy(conn.Conn, c.Stdin); err == nil {
				_ = conn.CloseWrite()
			}
			return nil // a command need not read to the end: its exit code tells
		})
	}
	streams.Go(func() error {
		_, err := stdcopy.StdCopy(orDiscard(c.Stdout), orDiscard(c.Stderr), conn.Reader)
		return err
	})
	return streams.Wait()
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}
