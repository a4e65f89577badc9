package tui

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/event"
)

// Feed takes events for a screen. Whoever emits never waits for the screen: what comes while it
// draws is handed over at once afterwards.
type Feed struct {
	mu     sync.Mutex
	events []event.Event
	wake   chan struct{}
}

// NewFeed makes a feed.
func NewFeed() *Feed { return &Feed{wake: make(chan struct{}, 1)} }

// Sink takes an event. It is an event.Sink.
func (f *Feed) Sink(e event.Event) {
	f.mu.Lock()
	f.events = append(f.events, e)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default: // it is awake
	}
}

// eventsMsg are the events since the last one.
type eventsMsg []event.Event

// next waits for events.
func (f *Feed) next(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-f.wake:
		case <-ctx.Done():
			return nil
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		events := f.events
		f.events = nil
		return eventsMsg(events)
	}
}
