package devloop

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/watch"
)

// machine is the state of one Run. Only Run's goroutine touches it; builds and deliveries run in
// goroutines of their own, and report on its channels.
type machine struct {
	ctx  context.Context
	opts Options
	work sync.WaitGroup // builds and deliveries

	waiting *attempt    // the changes that are not being built; nil if there are none
	forced  bool        // they are built even while paused
	latest  time.Time   // when the last change came
	burst   int         // how many changes in a row came soon after the one before
	due     time.Time   // when waiting is to be built at the earliest
	timer   *time.Timer // runs until then

	building  *attempt           // nil if nothing is
	cancel    context.CancelFunc // of the build
	cancelled bool               // whether it was called
	mustEnd   bool               // it must not be: a storm goes on for too long

	ready     *attempt // built, and waiting for a delivery to end
	running   int      // deliveries
	delivered int      // the newest generation that was given to Deliver

	last State

	builds     chan outcome
	swaps      chan *attempt
	deliveries chan outcome
}

// attempt is one way from changes to a generation.
type attempt struct {
	first   time.Time // when the first of its changes came
	at      time.Time // when the last of them was noticed
	changed []string
	built   Built
	number  int
	phase   Phase
	begun   time.Time // of the phase
}

// outcome is how a build or a delivery ended.
type outcome struct {
	of    *attempt
	built Built
	err   error
}

// maxDeliveries are the one that is being superseded, and the one that supersedes it.
const maxDeliveries = 2

func newMachine(ctx context.Context, o Options) *machine {
	m := &machine{
		ctx: ctx, opts: o, timer: time.NewTimer(time.Hour), delivered: o.Serving,
		last:   State{Phase: Live, Generation: o.Serving, Serving: o.Serving},
		builds: make(chan outcome), swaps: make(chan *attempt), deliveries: make(chan outcome),
	}
	m.timer.Stop()
	if o.Serving == 0 {
		m.last.Phase = Failed
	}
	return m
}

// done tells whether no change will come, nothing is under way, and nothing will be.
func (m *machine) done(changes <-chan watch.Batch) bool {
	if changes != nil || m.building != nil || m.running > 0 || m.ready != nil {
		return false
	}
	return m.waiting == nil || m.held()
}

// held tells whether what waits does so until Resume.
func (m *machine) held() bool { return m.last.Paused && !m.forced }

// change takes a batch: it joins what is not built, and cancels what it makes pointless.
func (m *machine) change(batch watch.Batch) {
	now := time.Now()
	m.burst++
	if now.Sub(m.latest) >= m.opts.Settle {
		m.burst = 0
	}
	m.latest = now
	at := batch.At
	if at.IsZero() {
		at = now
	}
	m.wait(at, union(batch.Changed, batch.Removed))
	if m.held() {
		return
	}
	m.supersede()
	m.due = now
	if m.burst > 1 { // twice is an editor that formats what it has saved
		m.due = now.Add(m.opts.Settle)
	}
	m.schedule()
}

// wait adds to the changes that are not being built.
func (m *machine) wait(at time.Time, changed []string) {
	if m.waiting == nil {
		m.waiting = &attempt{first: time.Now()}
	}
	m.waiting.at = at
	m.waiting.changed = union(m.waiting.changed, changed)
	m.enter(m.waiting, Changed, nil)
}

// supersede cancels the running build, and takes over what it was to build.
func (m *machine) supersede() {
	if m.building == nil || m.mustEnd || m.cancelled {
		return
	}
	m.cancelled = true
	m.cancel()
	m.waiting.first = m.building.first
	m.waiting.changed = union(m.waiting.changed, m.building.changed)
}

// schedule builds what waits when it is due, and the build before it has ended: it is called
// again then.
func (m *machine) schedule() {
	if m.waiting == nil || m.building != nil || m.held() {
		return
	}
	latest := m.waiting.first.Add(m.opts.Storm)
	if latest.Before(m.due) {
		m.due = latest
	}
	now := time.Now()
	if now.Before(m.due) {
		m.timer.Reset(m.due.Sub(now))
		return
	}
	m.timer.Stop()
	m.mustEnd = !now.Before(latest)
	m.build()
}

// build builds what waits.
func (m *machine) build() {
	a := m.waiting
	m.waiting, m.forced, m.building, m.cancelled = nil, false, a, false
	m.opts.Newest++
	a.number = m.opts.Newest
	ctx, cancel := context.WithCancel(m.ctx)
	m.cancel = cancel
	m.enter(a, Building, nil)
	m.work.Go(func() {
		built, err := m.buildWhole(ctx, a.number)
		m.report(m.builds, outcome{of: a, built: built, err: err})
	})
}

// buildWhole builds, and once more where that has failed on sources that were being saved: half a
// file, or half of what belongs together, is no fault of the user's. It is not asked a third time:
// where something writes between the sources all the time, failures are to be told all the same.
func (m *machine) buildWhole(ctx context.Context, n int) (Built, error) {
	before := m.opts.Sources()
	built, err := m.opts.Build(ctx, n)
	if err == nil || ctx.Err() != nil || m.opts.Sources() == before {
		return built, err
	}
	return m.opts.Build(ctx, n)
}

// hasBuilt takes the end of a build.
func (m *machine) hasBuilt(o outcome) {
	m.cancel()
	m.building = nil
	switch {
	case m.cancelled: // and if it was done nevertheless: something newer is coming
	case o.err != nil:
		m.enter(o.of, Failed, o.err)
	default:
		o.of.built = o.built
		o.of.built.Generation = o.of.number
		m.ready = o.of
		m.deliver()
	}
	m.schedule()
}

// deliver delivers what is ready, unless too much is being delivered: it is called again then.
func (m *machine) deliver() {
	if m.ready == nil || m.running == maxDeliveries {
		return
	}
	a := m.ready
	m.ready = nil
	m.running++
	m.delivered = a.number
	m.enter(a, Starting, nil)
	m.work.Go(func() {
		err := m.opts.Deliver(m.ctx, a.built, func() { m.swap(a) })
		m.report(m.deliveries, outcome{of: a, err: err})
	})
}

// swap is called by a delivery, in its goroutine.
func (m *machine) swap(a *attempt) {
	select {
	case m.swaps <- a:
	case <-m.ctx.Done():
	}
}

// report is called at the end of a goroutine's work.
func (m *machine) report(to chan<- outcome, o outcome) {
	select {
	case to <- o:
	case <-m.ctx.Done():
	}
}

// isSwapping takes a delivery's word.
func (m *machine) isSwapping(a *attempt) {
	if a.number == m.delivered && a.phase == Starting {
		m.enter(a, Swapping, nil)
	}
}

// hasDelivered takes the end of a delivery. That an older one failed is what was to be expected
// when a newer one took its place; that it is live counts as long as nothing newer is.
func (m *machine) hasDelivered(o outcome) {
	m.running--
	switch {
	case o.err == nil && o.of.number > m.last.Serving:
		m.last.Serving = o.of.number
		m.enter(o.of, Live, nil)
	case o.err != nil && o.of.number == m.delivered:
		m.enter(o.of, Failed, o.err)
	}
	m.deliver()
}

// asked takes what the user asked for.
func (m *machine) asked(paused, reload bool) {
	if paused != m.last.Paused {
		m.last.Paused = paused
		m.opts.Emit(m.last) // nothing else has changed
	}
	if reload {
		m.forced = true
		m.wait(time.Now(), nil)
	}
	if m.waiting != nil && (reload || !paused) {
		m.supersede()
		m.due = time.Now()
		m.schedule()
	}
}

// enter brings an attempt into a phase, and tells of it.
func (m *machine) enter(a *attempt, phase Phase, err error) {
	now := time.Now()
	took := time.Duration(0)
	if phase != Changed {
		took = now.Sub(a.begun)
	}
	a.phase, a.begun = phase, now
	m.last = State{
		Phase: phase, Generation: a.number, Serving: m.last.Serving, Since: now.Sub(a.at), Took: took,
		Changed: slices.Clone(a.changed), Paused: m.last.Paused, Err: err,
	}
	m.opts.Emit(m.last)
}

// union is what is in any of the lists, sorted.
func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
