//go:build unix

package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/wait"
)

// busyPatience is for a program's file to be closed by all who write it. A process that is being
// started holds, until it becomes its program, what the relay has open: the next program too.
const busyPatience = 2 * time.Second

// startThread starts processes. It is one thread of the system for the whole life of the host:
// the kernel ends a child whose parent ends, and takes the thread for the parent (prctl(2)).
func (h *Host) startThread() {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	for {
		select {
		case start := <-h.starts:
			start()
		case <-h.quit:
			return
		}
	}
}

func (h *Host) start(ctx context.Context, l relay.Launch) (*process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	program, err := filepath.Abs(l.Program)
	if err != nil {
		return nil, err
	}
	p := &process{done: make(chan struct{}), oomBefore: oomKills(os.DirFS("/"))}
	if p.dir, err = h.workingFolder(l); err != nil {
		return nil, err
	}
	if l.Mode != relay.Client {
		if p.address, p.port, err = reservePort(); err != nil {
			return nil, errors.Join(fmt.Errorf("no free port on 127.0.0.1: %w", err), p.clear())
		}
	}
	command, err := h.command(p.dir, program, l)
	if err != nil {
		return nil, errors.Join(err, p.clear())
	}
	err = wait.For(ctx, busyPatience, func(context.Context) error {
		err := h.fork(p, command, l)
		if errors.Is(err, syscall.ETXTBSY) {
			return err
		}
		return wait.Stop(err)
	})
	if err != nil {
		return nil, errors.Join(err, p.clear())
	}
	return p, nil
}

// fork makes the process on the thread for it, and watches over it.
func (h *Host) fork(p *process, command []string, l relay.Launch) error {
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // the process has its own
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = p.dir, environ(h.options, l, p.address)
	cmd.Stdout, cmd.Stderr = in, in // the same one keeps their order
	cmd.SysProcAttr = attributes()
	p.cmd = cmd

	result := make(chan error, 1)
	select {
	case h.starts <- func() { result <- h.forkKnown(p, out) }:
		err = <-result
	case <-h.quit:
		err = errClosed
	}
	if err != nil {
		return errors.Join(err, out.Close())
	}
	return nil
}

// forkKnown starts a process, and has it among the known ones before it can be taken for an
// orphan.
func (h *Host) forkKnown(p *process, out io.ReadCloser) error {
	h.forks.Lock()
	defer h.forks.Unlock()
	if h.closed {
		return errClosed
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	h.processes[p.PID()] = p
	h.note(p.PID())
	h.owned.Go(func() { h.watch(p, out) })
	return nil
}

// watch is there for the whole life of a process: it copies its output, reaps it, ends what it
// has left, and then says that it is done.
func (h *Host) watch(p *process, out io.ReadCloser) {
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		copyLines(out, &h.out, &p.tail)
	}()
	state := p.reap()
	endProgramsIn(p.dir)
	h.forks.Lock()
	if h.processes[p.PID()] == p { // not another one, that has its pid by now
		delete(h.processes, p.PID())
	}
	h.forks.Unlock()

	// Its group is dead, so that the end of its output has come or is about to.
	late := time.NewTimer(outputPatience)
	defer late.Stop()
	select {
	case <-copied:
	case <-late.C: // somebody has left the group and holds the pipe, or nobody reads Out
	}
	_ = out.Close()
	_ = p.clear()
	h.forgetNote(p.PID())
	p.exit = exitOf(state, p.oomKilled(state))
	p.exit.Log = p.tail.last(p.exit.Code)
	close(p.done)
}
