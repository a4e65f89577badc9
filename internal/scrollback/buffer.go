// Package scrollback keeps the last lines of the logs within bounds, and finds the windows of
// them that a screen shows.
//
// It does no I/O, and belongs to one goroutine.
package scrollback

import (
	"strings"
	"time"
	"unique"
)

// Line is one line of a log.
type Line struct {
	Time   time.Time
	Source string // whose log it is
	Text   string // Append makes it safe to show
}

// Buffer holds the last lines. Each has a number, by which the views know it: lines are counted
// from 0, those that were dropped too.
type Buffer struct {
	lines, bytes int // how many it holds at most

	ring        []Line // grows up to lines; line n is at n modulo its length
	first, next int    // the numbers of the oldest line, and of the one to come
	held        int    // bytes of text
}

// New makes a buffer of so many lines, and of so many bytes of text, at most.
func New(lines, bytes int) *Buffer { return &Buffer{lines: max(lines, 1), bytes: bytes} }

// Append adds a line, made safe to show, and drops the oldest ones that are then too many.
func (b *Buffer) Append(l Line) {
	// Copied, since what is passed may be a part of something large that would stay with it.
	l.Text = strings.Clone(Clean(l.Text))
	l.Source = unique.Make(Clean(l.Source)).Value()

	if b.next-b.first == len(b.ring) {
		b.makeRoom()
	}
	b.ring[b.next%len(b.ring)] = l
	b.next++
	b.held += len(l.Text)
	for b.held > b.bytes {
		b.drop()
	}
}

func (b *Buffer) makeRoom() {
	if len(b.ring) == b.lines {
		b.drop()
		return
	}
	larger := make([]Line, min(max(2*len(b.ring), 256), b.lines))
	for n := b.first; n < b.next; n++ {
		larger[n%len(larger)] = *b.line(n)
	}
	b.ring = larger
}

func (b *Buffer) drop() {
	oldest := b.line(b.first)
	b.held -= len(oldest.Text)
	*oldest = Line{}
	b.first++
}

// line is the line of a number, which must not have been dropped.
func (b *Buffer) line(n int) *Line { return &b.ring[n%len(b.ring)] }
