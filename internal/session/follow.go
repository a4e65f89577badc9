package session

import (
	"context"
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
	"golang.org/x/sync/errgroup"
)

// joinPace is how often it is looked for services to follow that there were not.
const joinPace = 500 * time.Millisecond

// follower emits the lines of services' logs until none of them runs: of those it begins with, and of
// those that choose adds later, or that run again.
type follower struct {
	*Session
	*live
	choose func([]runtime.Service) []string

	logs  *errgroup.Group
	known map[string]bool // by name: whether it is followed now
	ended chan string
}

func (s *Session) follow(ctx context.Context, l *live, chosen []string, choose func([]runtime.Service) []string, tail int) error {
	f := &follower{Session: s, live: l, choose: choose, known: map[string]bool{}, ended: make(chan string)}
	f.logs, ctx = errgroup.WithContext(ctx)
	all := newTails(ctx, len(chosen), s.emitLog)
	for i, name := range chosen {
		with := all.of[i]
		f.begin(ctx, name, runtime.LogOptions{Tail: tail, Follow: true, Tailed: with.end}, with.line)
	}
	f.logs.Go(func() error { all.tell(); return nil })
	ticks := time.NewTicker(joinPace)
	defer ticks.Stop()
	for following := len(chosen); following > 0; {
		select {
		case <-ctx.Done():
			return f.logs.Wait()
		case name := <-f.ended:
			f.known[name] = false
			following--
		case <-ticks.C:
			following += f.join(ctx)
		}
	}
	return f.logs.Wait()
}

// begin follows a service's log.
func (f *follower) begin(ctx context.Context, name string, o runtime.LogOptions, line func(event.Log)) {
	f.known[name] = true
	f.logs.Go(func() error {
		err := f.rt.Logs(ctx, name, o, logLine(name, line))
		o.TellTailed()
		select {
		case f.ended <- name:
		case <-ctx.Done():
		}
		if fault.Is(err, fault.Usage) {
			return nil // it has gone since it was seen
		}
		return err
	})
}

// join follows the services that run and are not followed, and tells how many those were.
func (f *follower) join(ctx context.Context) (more int) {
	services, _ := f.rt.Services(ctx) // the next time, perhaps
	run := runningOf(services)
	for _, name := range f.choose(services) {
		followed, known := f.known[name]
		if followed || !slices.Contains(run, name) {
			continue
		}
		tail := -1
		if known {
			tail = 0 // what it wrote before it ended was told
		}
		f.begin(ctx, name, runtime.LogOptions{Tail: tail, Follow: true}, f.emitLog)
		more++
	}
	return more
}
