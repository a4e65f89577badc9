package session

import (
	"context"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/event"
)

// tails tells the ends of several logs as one, in the order of their lines' times, before what is
// written from then on: a reader looks for the newest line at the end, not for each service's. A line
// whose time is not known stays with the one before it in its log.
type tails struct {
	ctx  context.Context
	of   []*tail
	emit func(event.Log)
	told chan struct{} // closes once all are
}

// tail is what one log of them gives.
type tail struct {
	all   *tails
	lines chan event.Log
	ended bool // all of it was given; whoever gives lines knows
	once  sync.Once

	next event.Log // to be told, if there is one
	at   time.Time // of it, or of the newest before
	more bool
}

func newTails(ctx context.Context, logs int, emit func(event.Log)) *tails {
	t := &tails{ctx: ctx, emit: emit, told: make(chan struct{})}
	for range logs {
		t.of = append(t.of, &tail{all: t, lines: make(chan event.Log)})
	}
	return t
}

// line gives a line of the tail, or after its end one to be told when all tails are.
func (t *tail) line(l event.Log) {
	if !t.ended {
		select {
		case t.lines <- l:
		case <-t.all.ctx.Done():
		}
		return
	}
	select {
	case <-t.all.told:
		t.all.emit(l)
	case <-t.all.ctx.Done():
	}
}

// end says that all lines of the tail were given.
func (t *tail) end() {
	t.once.Do(func() {
		t.ended = true
		close(t.lines)
	})
}

// take takes the next line to be told.
func (t *tail) take() {
	if t.next, t.more = <-t.lines; t.more && t.next.Time.After(t.at) {
		t.at = t.next.Time
	}
}

// tell tells all of them. It returns when they have ended.
func (t *tails) tell() {
	defer close(t.told)
	for _, one := range t.of {
		one.take()
	}
	for {
		var oldest *tail
		for _, one := range t.of {
			if one.more && (oldest == nil || one.at.Before(oldest.at)) {
				oldest = one
			}
		}
		if oldest == nil {
			return
		}
		t.emit(oldest.next)
		oldest.take()
	}
}
