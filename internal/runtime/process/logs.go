//go:build unix

package process

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

const (
	followPace = 25 * time.Millisecond
	tailBlock  = 64 << 10 // bytes read at once when looking for the last lines
)

// Logs implements runtime.Runtime. The times of lines are those of dates, or of when a line was read
// while it was followed. The log of a service that was stopped is still there.
func (r *Runtime) Logs(ctx context.Context, service string, opts runtime.LogOptions, line func(runtime.Line)) error {
	file, err := r.findLog(service)
	if err != nil || file == nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := seekTail(file, opts.Tail); err != nil {
		return fmt.Errorf("reading the log of %s: %w", service, err)
	}
	log := reader{file: file, in: bufio.NewReader(file), line: line}
	if log.dates, err = datesOf(file); err == nil {
		err = log.readOn(ctx)
	}
	if err == nil && opts.Follow {
		log.dates = nil
		opts.TellTailed()
		err = r.follow(ctx, service, &log)
	}
	if err != nil && (!opts.Follow || ctx.Err() == nil) {
		return fmt.Errorf("reading the log of %s: %w", service, err)
	}
	log.flush()
	return nil
}

// findLog opens a log. A service without one is a fault if it does not exist either, otherwise
// there is no file.
func (r *Runtime) findLog(service string) (*os.File, error) {
	if !validName(service) {
		return nil, noService(service)
	}
	file, err := os.Open(r.logFile(service))
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if _, found, err := r.load(service); err != nil || found {
		return nil, err
	}
	return nil, noService(service)
}

func noService(service string) error {
	return fault.New(fault.Usage, "see ccdev status for the services there are", "there is no log of a service %s", service)
}

// follow reads on until the service has ended for good and all it wrote is read, or ctx ends.
func (r *Runtime) follow(ctx context.Context, service string, log *reader) error {
	ticks := time.NewTicker(followPace)
	defer ticks.Stop()
	alive := time.Now()
	for {
		// Looked at first, so that what the service wrote to its end is read after it.
		ended, err := r.ended(service)
		if err != nil {
			return err
		}
		if !ended {
			alive = time.Now()
		}
		if err := log.readOn(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if time.Since(alive) > runtime.Linger {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

func (r *Runtime) ended(service string) (bool, error) {
	rec, found, err := r.load(service)
	if err != nil || !found {
		return true, err
	}
	return r.look(rec).State == runtime.Exited, nil
}

// reader gives out whole lines of a file that grows.
type reader struct {
	file *os.File
	in   *bufio.Reader
	part []byte // of a line whose end is not written yet
	line func(runtime.Line)
	// dates are those of what is there already; nil for what is written now.
	dates *dates
}

// give gives a line.
func (l *reader) give(text string) {
	at := time.Now()
	if l.dates != nil {
		at = l.dates.of(text)
	}
	l.line(runtime.Line{Time: at, Text: text})
}

// readOn gives the lines there are, and returns at the end of the file.
func (l *reader) readOn(ctx context.Context) error {
	if err := l.rewind(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		text, err := l.in.ReadBytes('\n')
		l.part = append(l.part, text...)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		l.give(string(bytes.TrimSuffix(l.part, []byte("\n"))))
		l.part = l.part[:0]
	}
	return ctx.Err()
}

// rewind goes back to the beginning of a file that has been cut.
func (l *reader) rewind() error {
	at, err := l.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	info, err := l.file.Stat()
	if err != nil || info.Size() >= at {
		return err
	}
	_, err = l.file.Seek(0, io.SeekStart)
	l.in.Reset(l.file)
	l.part = l.part[:0]
	return err
}

// flush gives a last line that has no end.
func (l *reader) flush() {
	if len(l.part) > 0 {
		l.give(string(l.part))
	}
}

// seekTail goes to the first of the last n lines; to the beginning when n is negative.
func seekTail(file *os.File, n int) error {
	if n < 0 {
		return nil
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil || n == 0 || end == 0 {
		return err
	}
	block := make([]byte, tailBlock)
	// The last byte ends a line or is a part of one: it is no line's beginning either way.
	for at := end - 1; at > 0; {
		size := min(at, tailBlock)
		at -= size
		if _, err := file.ReadAt(block[:size], at); err != nil && !errors.Is(err, io.EOF) { // EOF: just cut
			return err
		}
		for i := bytes.LastIndexByte(block[:size], '\n'); i >= 0; i = bytes.LastIndexByte(block[:i], '\n') {
			if n--; n == 0 {
				_, err := file.Seek(at+int64(i)+1, io.SeekStart)
				return err
			}
		}
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}
