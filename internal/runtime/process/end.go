//go:build unix

package process

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

const (
	pace = 5 * time.Millisecond // of looking whether processes have ended

	// killPatience is for the end of what was killed. The kernel takes longer only for a process
	// that hangs in it.
	killPatience = 10 * time.Second

	// dyingPatience is for processes that the service's own shell has killed already.
	dyingPatience = time.Second
)

// end ends all processes of a service: with its stop signal, and by force when its grace period
// is over. It returns when they have ended.
func (r *Runtime) end(ctx context.Context, rec record) error {
	group := rec.Shell.PID
	if !r.owns(rec) {
		// Its shell has ended it, or somebody else has. What lingers may still hold a port, but
		// the group's number may be somebody else's by now: end what is certain to be its own,
		// wait a little, and do no more.
		killLiving(marked(rec.mark()))
		_, err := r.gone(ctx, rec, dyingPatience)
		return err
	}
	if rec.Shell.alive() { // so that the session is its own
		defer killLiving(strays(group))
	}
	stop := rec.StopSignal
	if _, began := r.program(rec); !began {
		stop = syscall.SIGKILL // the shell would outlive anything else, and then begin
	}
	r.signal(rec, stop)
	gone, err := r.gone(ctx, rec, rec.Grace)
	if gone || err != nil {
		return err
	}
	// The group was ours and has lived since, so that it cannot be another one.
	_ = syscall.Kill(-group, syscall.SIGKILL)
	r.signal(rec, syscall.SIGKILL)
	gone, err = r.gone(ctx, rec, killPatience)
	if !gone && err == nil {
		err = fault.New(fault.Runtime, fmt.Sprintf("look at it: ps -o pid,stat,wchan -g %d", group),
			"service %s does not end: process group %d survives SIGKILL", rec.Service, group)
	}
	return err
}

// killLiving kills those processes that have not ended.
func killLiving(all []identity) {
	for _, one := range all {
		if one.alive() {
			_ = syscall.Kill(one.PID, syscall.SIGKILL)
		}
	}
}

// owns says whether the service's process group is certain to be its own.
func (r *Runtime) owns(rec record) bool {
	if rec.Shell.alive() {
		return true
	}
	program, _ := r.program(rec)
	return program.alive()
}

// signal sends a signal to the service's group, and to its program should that have left the
// group. Errors mean that there is nothing left to send it to.
func (r *Runtime) signal(rec record, sig syscall.Signal) {
	program, _ := r.program(rec)
	member := false
	if program.alive() {
		group, err := syscall.Getpgid(program.PID)
		member = err == nil && group == rec.Shell.PID
		if !member {
			_ = syscall.Kill(program.PID, sig)
		}
	}
	if member || rec.Shell.alive() {
		_ = syscall.Kill(-rec.Shell.PID, sig)
	}
}

// gone waits until no process of the service is left, for at most this long.
func (r *Runtime) gone(ctx context.Context, rec record, patience time.Duration) (bool, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	for {
		program, _ := r.program(rec)
		if !program.alive() && !groupLives(rec.Shell.PID) {
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("ending service %s: %w", rec.Service, ctx.Err())
		case <-timeout.C:
			return false, nil
		case <-ticks.C:
		}
	}
}
