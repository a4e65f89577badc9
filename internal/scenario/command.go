package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/procgroup"
)

const (
	stepLimit = 15 * time.Minute // the first up may compile Fabric
	endLimit  = 30 * time.Second // for a command that was asked to end
)

// carry is a shell's prelude: a step knows what the ones before it have exported. Its $0 is the
// file that keeps that.
const carry = `[ ! -e "$0" ] || . "$0"` + "\n"

// keep has the shell write what is exported, whichever way the command ends.
const keep = `trap 'code=$?; export -p >"$0"; exit "$code"' EXIT` + "\n"

func (w *Walk) command(ctx context.Context, script string) *exec.Cmd {
	cmd := procgroup.Command(ctx, "sh", "-c", script, filepath.Join(w.temp, "exported"))
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.Cancel = func() error { return procgroup.Interrupt(cmd) } // ccdev cleans up then
	cmd.WaitDelay = endLimit
	return cmd
}

// run runs a command to its end, and gives each line of its output as it comes, then all of it.
func (w *Walk) run(ctx context.Context, command string, line func(string)) (output string, exit int, err error) {
	limited, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	out := &lines{each: line}
	cmd := w.command(limited, carry+keep+command)
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	out.end()
	if limited.Err() != nil {
		if cmd.Process != nil {
			procgroup.Kill(cmd)
		}
		if ctx.Err() != nil {
			return out.text(), 0, ctx.Err()
		}
		return out.text(), 0, failed(out.text(), "the command was expected to end, and did not within %s", stepLimit)
	}
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return out.text(), 0, fmt.Errorf("run %q: %w", command, err)
	}
	return out.text(), cmd.ProcessState.ExitCode(), nil
}

// started is a command that goes on while others run.
type started struct {
	*lines
	cancel context.CancelFunc
	ended  chan struct{}
}

// start starts a command, in place of one of that name which may run.
func (w *Walk) start(ctx context.Context, name, command string) error {
	if before := w.started[name]; before != nil {
		before.stop()
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &started{lines: &lines{each: func(string) {}}, cancel: cancel, ended: make(chan struct{})}
	cmd := w.command(ctx, carry+command)
	cmd.Stdout, cmd.Stderr = s.lines, s.lines
	if err := cmd.Start(); err != nil {
		cancel()
		return fmt.Errorf("start %q: %w", command, err)
	}
	go func() {
		defer close(s.ended)
		_ = cmd.Wait() // what it wrote tells
		procgroup.Kill(cmd)
		s.end()
	}()
	w.started[name] = s
	return nil
}

// stop ends the command as Ctrl-C does.
func (s *started) stop() {
	s.cancel()
	<-s.ended
}

// lines collects what a command writes, and tells its lines as they come.
type lines struct {
	mu   sync.Mutex
	all  bytes.Buffer
	told int // so much of it
	each func(string)
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(p)
	for {
		line, _, whole := strings.Cut(string(l.all.Bytes()[l.told:]), "\n")
		if !whole {
			return len(p), nil
		}
		l.told += len(line) + 1
		l.each(line)
	}
}

// end tells a last line that has no end.
func (l *lines) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rest := l.all.Bytes()[l.told:]; len(rest) > 0 {
		l.told = l.all.Len()
		l.each(string(rest))
	}
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}
