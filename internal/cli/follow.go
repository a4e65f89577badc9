package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/session"
)

// follower follows a network that is up.
type follower struct {
	*session.Session

	mu    sync.Mutex
	on    bool
	watch chan bool // has a value when on has changed
}

func newFollower(s *session.Session, watch bool) *follower {
	return &follower{Session: s, on: watch, watch: make(chan bool, 1)}
}

// Watch takes changes live, or pauses that.
func (f *follower) Watch(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = on
	select {
	case f.watch <- on:
	default: // follow has yet to see an earlier change
	}
}

func (f *follower) watching() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.on
}

// follow follows the logs, from that many lines before now, until no service runs. Meanwhile it
// follows transactions and blocks, those before now too where lines before now are wanted, and takes
// changes live while that is.
func (f *follower) follow(ctx context.Context, tail int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		for ctx.Err() == nil {
			f.develop(ctx)
		}
	})
	all.Go(func() { _ = f.Transactions(ctx, tail > 0) }) // without a network, which there was, there are no logs either
	err := f.Logs(ctx, nil, runtime.LogOptions{Tail: tail, Follow: true})
	cancel()
	return err
}

// develop takes changes live until that is paused, or waits until it is not.
func (f *follower) develop(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !f.watching() {
		select {
		case <-f.watch:
		case <-ctx.Done():
		}
		return
	}
	go func() {
		defer cancel()
		select {
		case <-f.watch:
		case <-ctx.Done():
		}
	}()
	err := f.Develop(ctx)
	if err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
		f.Emit(event.Notice{Text: "changes are not taken live any more: " + err.Error()})
		f.Watch(false)
	}
	<-ctx.Done()
}
