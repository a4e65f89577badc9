package runtimetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/runtime"
)

var logCases = []testCase{
	{"logs hold both streams, each in order", logsBothStreams},
	{"logs give the last lines", logsTail},
	{"logs of a silent service are empty", logsSilent},
	{"logs keep long, broken and unfinished lines", logsOddLines},
	{"logs are there for a later command", logsLater},
	{"logs follow until the service ends", logsFollowToEnd},
	{"logs follow a replacement", func(r *run) { r.followReplacement(-1) }},
	{"a log's tail is followed through a replacement", func(r *run) { r.followReplacement(5) }},
	{"logs follow an ended service to its last line", logsFollowEnded},
	{"logs follow until the context ends", logsFollowCancelled},
	{"logs say where the tail ends", logsTailed},
	{"logs are dated", logsDated},
}

func logsBothStreams(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"out=o1", "err=e1", "out=o2", "err=e2", "exit=1"}})
	r.exited(s.Runtime, "a")
	r.until("all lines are there", func() bool { return len(r.lines(s.Runtime, "a", -1)) == 4 })
	var out, err []string
	for _, line := range r.lines(s.Runtime, "a", -1) {
		if strings.HasPrefix(line, "o") {
			out = append(out, line)
		} else {
			err = append(err, line)
		}
	}
	if !slices.Equal(out, []string{"o1", "o2"}) || !slices.Equal(err, []string{"e1", "e2"}) {
		r.Errorf("stdout %v, stderr %v", out, err)
	}
}

// counted is "line FIRST" to "line LAST".
func counted(first, last int) []string {
	var lines []string
	for i := first; i <= last; i++ {
		lines = append(lines, fmt.Sprintf("line %d", i))
	}
	return lines
}

// logged starts a service that ends, and waits for its last line.
func (r *run) logged(s Subject, last string, args ...string) {
	r.Helper()
	r.start(s, Service{Name: "a", Args: args})
	r.exited(s.Runtime, "a")
	r.until("its last line", func() bool { return slices.Equal(r.lines(s.Runtime, "a", 1), []string{last}) })
}

func logsTail(r *run) {
	const all = 5000
	s := r.subject()
	r.logged(s, "line 5000", "lines=5000", "exit=0")
	for tail, want := range map[int][]string{
		-1:      counted(1, all),
		0:       nil,
		1:       counted(all, all),
		3000:    counted(2001, all),
		all:     counted(1, all),
		all + 1: counted(1, all),
	} {
		if got := r.lines(s.Runtime, "a", tail); !slices.Equal(got, want) {
			r.Errorf("tail %d: %d lines, want %d; they begin with %.3q", tail, len(got), len(want), got)
		}
	}
}

func logsSilent(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"wait"}})
	if got := r.lines(s.Runtime, "a", -1); len(got) != 0 {
		r.Errorf("a silent service logged %q", got)
	}
}

func logsOddLines(r *run) {
	const long = 1 << 20
	s := r.subject()
	// The bytes are: an empty line, "a", 0xff, "b", CR LF, and an "end" without its newline.
	r.logged(s, "end", "out=before", "long=1048576", "bytes=0a61ff620d0a656e64", "exit=0")
	got := r.lines(s.Runtime, "a", -1)
	for i := range got {
		// A runtime may have replaced what is no UTF-8, and may have taken the CR for a part
		// of the line's end.
		got[i] = strings.TrimSuffix(strings.ToValidUTF8(got[i], "\uFFFD"), "\r")
	}
	want := []string{"before", strings.Repeat("x", long), "", "a\uFFFDb", "end"}
	if !slices.Equal(got, want) {
		r.Errorf("%d lines with %v bytes, want %d with %v", len(got), lengths(got), len(want), lengths(want))
	}
}

func lengths(lines []string) []int {
	var n []int
	for _, l := range lines {
		n = append(n, len(l))
	}
	return n
}

func logsLater(r *run) {
	s := r.subject()
	r.logged(s, "line 3", "lines=3", "exit=1")
	if got := r.lines(s.Again(), "a", -1); !slices.Equal(got, counted(1, 3)) {
		r.Errorf("a later command reads %q", got)
	}
}

// logsTailed has a service write on while its log is read: nothing is lost or given twice between
// the tail and what comes after it.
func logsTailed(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"lines=10", "wait"}})
	r.until("ten lines", func() bool { return len(r.lines(s.Runtime, "a", -1)) == 10 })
	for tail, want := range map[int]int{-1: 10, 0: 0, 3: 3} {
		ctx, cancel := context.WithCancel(r.Context())
		var before []string
		tailed, end := make(chan int, 2), make(chan error, 1)
		go func() {
			o := runtime.LogOptions{Tail: tail, Follow: true, Tailed: func() { tailed <- len(before) }}
			end <- s.Runtime.Logs(ctx, "a", o, func(l runtime.Line) { before = append(before, l.Text) })
		}()
		var got int
		r.must("the tail's end", r.soon("it", func() error { got = <-tailed; return nil }))
		cancel()
		r.must("the end of the context", r.soon("following", func() error { return <-end }))
		if got != want || !slices.Equal(before, counted(11-want, 10)) || len(tailed) > 0 {
			r.Errorf("tail %d ends after %d lines of %q", tail, got, before)
		}
	}
	lines, end := r.follow(r.Context(), s.Runtime, 2)
	r.must("Stop", s.Runtime.Stop(r.Context(), "a"))
	r.must("the followed log", r.soon("following the log of a stopped service", func() error { return <-end }))
	var got []string
	for line := range lines {
		got = append(got, line)
	}
	if !slices.Equal(got, counted(9, 10)) {
		r.Errorf("a tail of 2 gives %q", got)
	}
}

// logsDated reads when lines were written.
func logsDated(r *run) {
	s := r.subject()
	before := time.Now().Add(-time.Second)
	r.logged(s, "b", "out=a", "out=b", "exit=0")
	r.must("the log", s.Runtime.Logs(r.Context(), "a", runtime.LogOptions{Tail: -1}, func(l runtime.Line) {
		if l.Time.Before(before) || l.Time.After(time.Now().Add(time.Second)) {
			r.Errorf("%q was written at %v", l.Text, l.Time)
		}
	}))
}

// follow reads a log in the background. It returns the lines as they come, and how it ended.
func (r *run) follow(ctx context.Context, rt runtime.Runtime, tail int) (<-chan string, <-chan error) {
	lines, end := make(chan string, 10_000), make(chan error, 1)
	go func() {
		defer close(lines)
		o := runtime.LogOptions{Tail: tail, Follow: true}
		if tail > 0 {
			o.Tailed = func() {} // somebody who asks where it ends
		}
		end <- rt.Logs(ctx, "a", o, func(l runtime.Line) {
			lines <- l.Text
		})
	}()
	return lines, end
}

func logsFollowToEnd(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"lines=3", "wait"}})
	lines, end := r.follow(r.Context(), s.Runtime, -1)
	var got []string
	for range 3 {
		r.must("a line that comes", r.soon("the next line", func() error { got = append(got, <-lines); return nil }))
	}
	if !slices.Equal(got, counted(1, 3)) {
		r.Errorf("followed %q", got)
	}
	r.must("Stop", s.Runtime.Stop(r.Context(), "a"))
	r.must("the followed log", r.soon("following the log of a stopped service", func() error { return <-end }))
}

func (r *run) followReplacement(tail int) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"out=old", "wait"}})
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines, end := r.follow(ctx, s.Runtime, tail)
	next := func() (line string) {
		r.must("a line that comes", r.soon("the next line", func() error { line = <-lines; return nil }))
		return line
	}
	if got := next(); got != "old" {
		r.Errorf("followed %q before the replacement", got)
	}
	r.start(s, Service{Name: "a", Args: []string{"out=new", "wait"}})
	if got := next(); got != "new" {
		r.Errorf("followed %q after the replacement", got)
	}
	cancel()
	r.must("the end of the context", r.soon("following", func() error { return <-end }))
}

func logsFollowEnded(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"lines=4000", "bytes=656e64", "exit=0"}})
	lines, end := r.follow(r.Context(), s.Runtime, -1)
	r.must("the followed log", r.soon("following the log of a service that ends", func() error { return <-end }))
	var got []string
	for line := range lines {
		got = append(got, line)
	}
	if want := append(counted(1, 4000), "end"); !slices.Equal(got, want) {
		r.Errorf("followed %d lines, want %d", len(got), len(want))
	}
}

func logsFollowCancelled(r *run) {
	s := r.subject()
	r.start(s, Service{Name: "a", Args: []string{"lines=2", "wait"}})
	r.until("two lines", func() bool { return len(r.lines(s.Runtime, "a", -1)) == 2 })
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines, end := r.follow(ctx, s.Runtime, 1)
	var first string
	r.must("a line that comes", r.soon("the line", func() error { first = <-lines; return nil }))
	if first != "line 2" {
		r.Errorf("followed from %q, want the last line", first)
	}
	cancel()
	r.must("the end of the context", r.soon("following", func() error { return <-end }))
	r.running(s.Runtime, "a")
}
