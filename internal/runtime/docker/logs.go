package docker

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// spareParts is how many more parts of lines are asked for than lines are wanted. The engine
// keeps a long line in parts of 16 KiB and counts those: this is room for two lines of 1 MiB.
const spareParts = 128

// Logs gives the lines of a service. With Follow, a tail counts lines in parts of 16 KiB.
// What is not UTF-8 is replaced by U+FFFD.
func (r *Runtime) Logs(ctx context.Context, service string, opts runtime.LogOptions, line func(runtime.Line)) error {
	err := r.logs(ctx, service, opts, line)
	if opts.Follow && ctx.Err() != nil {
		return nil
	}
	return err
}

func (r *Runtime) logs(ctx context.Context, service string, opts runtime.LogOptions, line func(runtime.Line)) error {
	have, err := r.containers(ctx)
	if err != nil {
		return err
	}
	if len(have[service]) == 0 {
		return fault.New(fault.Usage, `see "ccdev status" for what there is`, "there is no service %q", service)
	}
	id := have[service][0].ID
	switch {
	case opts.Follow:
		return r.follow(ctx, service, id, opts, line)
	case opts.Tail < 0:
		err = r.readLog(ctx, id, logPart{tail: opts.Tail}, line)
	case opts.Tail > 0:
		last := &ring{size: opts.Tail}
		err = r.readLog(ctx, id, logPart{tail: opts.Tail + spareParts}, last.add)
		last.each(line)
	}
	return r.logFailed(err, service)
}

func (r *Runtime) logFailed(err error, service string) error {
	if cerrdefs.IsNotFound(err) { // removed since the list was made
		return nil
	}
	return r.engine.failed(err, "read the log of service %s", service)
}

// follow reads the log of a service's container, and of those that take its place.
func (r *Runtime) follow(ctx context.Context, service, id string, opts runtime.LogOptions, line func(runtime.Line)) error {
	fresh := freshLines{line: line}
	part := logPart{tail: opts.Tail, follow: true}
	if opts.Tailed != nil && opts.Tail != 0 {
		if err := r.logFailed(r.readLog(ctx, id, logPart{tail: opts.Tail}, fresh.add), service); err != nil {
			return err
		}
		fresh.again()
		part.tail, part.since = -1, fresh.known
	}
	opts.TellTailed()
	if opts.Tail >= 0 && fresh.read.IsZero() {
		fresh.read = time.Now() // what is older, and not among the tail, was not asked for
	}
	for {
		if err := r.logFailed(r.readLog(ctx, id, part, fresh.add), service); err != nil {
			return err
		}
		// A container that was started again has its log from the beginning.
		fresh.again()
		part = logPart{tail: -1, follow: true}
		next := r.runsAgain(ctx, service)
		if next == "" {
			// The engine may end the stream before a container's last lines are in its log.
			return r.logFailed(r.readLog(ctx, id, logPart{tail: -1}, fresh.add), service)
		}
		id = next
	}
}

// freshLines gives the lines of a log that is read more than once, each once.
type freshLines struct {
	line        func(runtime.Line)
	read, known time.Time // of the newest line read, and of the newest one of the reads before
}

func (f *freshLines) add(l runtime.Line) {
	if l.Time.After(f.known) {
		f.line(l)
	}
	if l.Time.After(f.read) {
		f.read = l.Time
	}
}

// again begins the next read.
func (f *freshLines) again() { f.known = f.read }

// runsAgain waits for a container of the service that runs, and gives its id; none after Linger.
func (r *Runtime) runsAgain(ctx context.Context, service string) (id string) {
	ctx, cancel := context.WithTimeout(ctx, runtime.Linger)
	defer cancel()
	ticks := time.NewTicker(lingerPace)
	defer ticks.Stop()
	for {
		have, err := r.containers(ctx)
		if err != nil {
			return ""
		}
		for _, c := range have[service] {
			if c.State == container.StateRunning {
				return c.ID
			}
		}
		select {
		case <-ctx.Done():
			return ""
		case <-ticks.C:
		}
	}
}

// lingerPace is short against the time a user notices, and long against a look at the engine.
const lingerPace = 50 * time.Millisecond

// logPart is which lines of a container's log to read.
type logPart struct {
	tail   int
	since  time.Time // only those from then on; zero for all
	follow bool
}

func (r *Runtime) readLog(ctx context.Context, id string, part logPart, line func(runtime.Line)) error {
	options := client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: part.follow, Tail: tailOption(part.tail),
	}
	if !part.since.IsZero() {
		options.Since = part.since.Format(time.RFC3339Nano)
	}
	stream, err := r.engine.api.ContainerLogs(ctx, id, options)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // read only
	out, errs := &lineReader{line: line}, &lineReader{line: line}
	_, err = stdcopy.StdCopy(out, errs, stream)
	out.end()
	errs.end()
	return err
}

func tailOption(n int) string {
	if n < 0 {
		return "all"
	}
	return strconv.Itoa(n)
}

// lineReader puts the lines of one stream together. The engine sends a line, or a part of a long
// one, in one frame, each with a time of its own in front, and a newline at the end of the last
// part; the copier makes one Write of each frame.
type lineReader struct {
	line    func(runtime.Line)
	time    time.Time
	part    bytes.Buffer
	started bool
}

func (l *lineReader) Write(frame []byte) (int, error) {
	stamp, text, _ := bytes.Cut(frame, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		text = frame // not as expected: rather a line too many than one too few
	}
	if !l.started {
		l.time, l.started = at, true
	}
	text, whole := bytes.CutSuffix(text, []byte("\n"))
	l.part.Write(text)
	if whole {
		l.end()
	}
	return len(frame), nil
}

// end gives the line that has been put together.
func (l *lineReader) end() {
	if !l.started {
		return
	}
	l.line(runtime.Line{Time: l.time, Text: strings.ToValidUTF8(l.part.String(), "\uFFFD")})
	l.part.Reset()
	l.started = false
}

// ring keeps the last lines.
type ring struct {
	size  int
	lines []runtime.Line
	next  int
}

func (r *ring) add(l runtime.Line) {
	if len(r.lines) < r.size {
		r.lines = append(r.lines, l)
		return
	}
	r.lines[r.next] = l
	r.next = (r.next + 1) % r.size
}

func (r *ring) each(line func(runtime.Line)) {
	for i := range r.lines {
		line(r.lines[(r.next+i)%len(r.lines)])
	}
}
