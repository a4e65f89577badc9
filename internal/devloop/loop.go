package devloop

import (
	"context"
	"sync"

	"github.com/ccdev/ccdev/internal/watch"
)

// Loop builds and delivers at each change.
//
// A newer change cancels a running build: what it would give is out of date already. It does not
// cancel a running delivery: that program is good, and the newer one may not even compile. When
// the newer one is built it is delivered at once, beside the older delivery, and whoever takes
// deliveries gives up the older for it (as the relay does): a generation that hangs while it
// starts then never holds up the one that mends it. At most two deliveries run; of the builds
// that end meanwhile only the newest is kept.
//
// A change is built at once, and so is a second one soon after it. When more follow as fast it is
// a storm: the next build begins when it is over, or has lasted long. A build that begins for the
// latter reason is not cancelled, because otherwise a file that never rests would keep everything
// from ever being live.
//
// A save may be noticed only after a build that has read half of it has failed. Such a failure is
// not told of: it is built again at once.
type Loop struct {
	opts Options

	mu      sync.Mutex
	paused  bool
	reload  bool
	request chan struct{} // holds one when paused or reload has been set
}

// New makes a loop that is not paused.
func New(o Options) *Loop {
	if o.Settle <= 0 {
		o.Settle = DefaultSettle
	}
	if o.Storm <= 0 {
		o.Storm = DefaultStorm
	}
	return &Loop{opts: o, request: make(chan struct{}, 1)}
}

// Pause lets changes wait from now on; what is being built or delivered goes on.
func (l *Loop) Pause() { l.ask(func() { l.paused = true }) }

// Resume ends Pause: the changes that wait are built at once.
func (l *Loop) Resume() { l.ask(func() { l.paused = false }) }

// Reload builds and delivers though nothing has changed, even while paused.
func (l *Loop) Reload() { l.ask(func() { l.reload = true }) }

func (l *Loop) ask(set func()) {
	l.mu.Lock()
	set()
	l.mu.Unlock()
	select {
	case l.request <- struct{}{}:
	default: // there is one, and it has not been read
	}
}

func (l *Loop) asked() (paused, reload bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	paused, reload = l.paused, l.reload
	l.reload = false
	return paused, reload
}

// Run works until ctx ends, or changes is closed and what came from it is live or failed; changes
// that wait for Resume are left then. Nothing it has started is running when it returns. It must
// be called once only.
func (l *Loop) Run(ctx context.Context, changes <-chan watch.Batch) {
	ctx, cancel := context.WithCancel(ctx)
	m := newMachine(ctx, l.opts)
	defer m.work.Wait()
	defer cancel()
	defer m.timer.Stop()
	m.asked(l.asked())
	for !m.done(changes) {
		select {
		case <-ctx.Done():
			return
		case batch, ok := <-changes:
			if !ok {
				changes = nil
				continue
			}
			m.change(batch)
		case <-l.request:
			m.asked(l.asked())
		case <-m.timer.C:
			m.schedule()
		case o := <-m.builds:
			m.hasBuilt(o)
		case a := <-m.swaps:
			m.isSwapping(a)
		case o := <-m.deliveries:
			m.hasDelivered(o)
		}
	}
}
