//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

const (
	shell = "/bin/sh"

	// script waits for leave to begin, runs a program, and notes how it ended. It catches signals
	// to outlive them: caught ones, unlike ignored ones, are back at their defaults in the
	// program. The inner shell notes its pid, and then becomes the program. With restart
	// on-failure it is run again, with a pause against loops, until a signal came.
	script = `read -r leave || exit 0
pid=$1 end=$2 restart=$3
trap restart=no HUP INT QUIT ALRM TERM USR1 USR2
shift 3
while /bin/sh -c 'echo $$ >"$0" && exec "$@"' "$pid" "$@" </dev/null; code=$?; [ $code != 0 ] && [ "$restart" = on-failure ]; do
sleep 0.1
done
echo $code >"$end"
kill -KILL 0`

	maxLog = 64 << 20 // bytes; a start cuts a longer log

	beginPatience = 10 * time.Second
	beginPace     = 500 * time.Microsecond
	faultLines    = 20
)

// launch starts a service that does not run. It returns before the program does anything.
func (r *Runtime) launch(ctx context.Context, p plan) (record, error) {
	if err := ctx.Err(); err != nil {
		return record{}, fmt.Errorf("starting service %s: %w", p.service, err)
	}
	if err := checkPorts(ctx, p); err != nil {
		return record{}, err
	}
	rec, err := r.spawn(p)
	if err != nil {
		return record{}, fault.New(fault.Boot, "see whether "+r.run+" and "+r.logs+" can be written, and "+shell+" runs",
			"service %s cannot start: %w", p.service, err)
	}
	return rec, nil
}

// spawn starts the service's shell, records it, and gives it leave to begin.
func (r *Runtime) spawn(p plan) (rec record, err error) {
	if err := r.prepare(p); err != nil {
		return record{}, err
	}
	log, err := r.openLog(p.service)
	if err != nil {
		return record{}, err
	}
	defer func() { _ = log.Close() }()
	stdin, leave, err := os.Pipe()
	if err != nil {
		return record{}, err
	}
	defer func() { err = errors.Join(err, leave.Close()) }()
	defer func() { _ = stdin.Close() }()

	args := append([]string{"-c", script, "ccdev:" + p.service, r.pidFile(p.service), r.exitFile(p.service), p.restart}, p.argv...)
	cmd := exec.Command(shell, args...)
	rec = record{
		Service: p.service, Hash: p.hash, Command: p.argv, StartedAt: time.Now(), StopSignal: p.stopSignal, Grace: p.grace,
	}
	cmd.Env, cmd.Dir = append(p.environ(), rec.mark()), p.dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, log, log
	// A session of its own keeps the terminal's signals away.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return record{}, err
	}
	who, alive := identify(cmd.Process.Pid)
	// Reaps it, should it end before this command does: its life is the goroutine's.
	go func() { _ = cmd.Wait() }()
	if !alive {
		return record{}, errors.New(shell + " ended at once")
	}
	rec.Shell = who
	if err := r.save(rec); err != nil {
		return record{}, err // without leave, the shell ends
	}
	_, err = leave.WriteString("begin\n")
	return rec, err
}

// prepare makes what a service finds when it starts.
func (r *Runtime) prepare(p plan) error {
	for _, dir := range p.folders {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	for _, file := range []string{r.pidFile(p.service), r.exitFile(p.service)} {
		// Empty, so that nothing of an earlier run is read, and so that the shell need not
		// know the mode.
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// openLog opens a service's log for a new run.
func (r *Runtime) openLog(service string) (*os.File, error) {
	log, err := os.OpenFile(r.logFile(service), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := beginLine(log); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return log, nil
}

// beginLine ends the last line of the former run, or drops all of it when it is too much.
func beginLine(log *os.File) error {
	info, err := log.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	if info.Size() > maxLog {
		return log.Truncate(0)
	}
	var last [1]byte
	if _, err := log.ReadAt(last[:], info.Size()-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	_, err = log.WriteString("\n")
	return err
}

// awaitProgram waits until the program runs, and notes who it is.
func (r *Runtime) awaitProgram(ctx context.Context, rec record) error {
	timeout := time.NewTimer(beginPatience)
	defer timeout.Stop()
	ticks := time.NewTicker(beginPace)
	defer ticks.Stop()
	for {
		shellLives := rec.Shell.alive()
		program, began := r.program(rec)
		switch {
		case began && program.alive():
			rec.Program = program
			return r.save(rec)
		case began:
			return nil // and ended already
		case !shellLives:
			return r.notBegun(ctx, rec.Service, "its shell ended")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("starting service %s: %w", rec.Service, ctx.Err())
		case <-timeout.C:
			return r.notBegun(ctx, rec.Service, fmt.Sprintf("nothing happened for %s", beginPatience))
		case <-ticks.C:
		}
	}
}

func (r *Runtime) notBegun(ctx context.Context, service, why string) error {
	return fault.New(fault.Boot, "see ccdev logs "+service, "service %s did not begin: %s", service, why).
		WithLog(runtime.Tail(ctx, r, service, faultLines))
}
