package relay

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Program is what a generation runs: a file that the relay has started, or a server elsewhere.
type Program struct {
	Generation int
	Path       string
	Mode       Mode
	Address    string // host:port of a server that somebody else starts and ends, in place of Path
	Service    string // that this server is, for messages; may be empty
	// Debug says that a debugger holds it: it is slow to start, its transactions may take as long as
	// the peer waits for them, and no two of them run at once, as both would listen at one port.
	Debug bool
}

// Swapped is a swap that was made.
type Swapped struct {
	Generation int           `json:"generation"`
	Previous   int           `json:"previous,omitempty"` // the generation before, when there was one
	Peers      int           `json:"peers"`              // that it has registered for
	Took       time.Duration `json:"took_ns"`
}

// turn is one Swap among others: the latest wins.
type turn struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// Swap starts a generation, waits until it has registered with every peer, and gives it all new
// transactions from then on. On any error, which is a *NotReady, all stays as it was. A newer Swap
// ends one that is in progress.
func (r *Relay) Swap(ctx context.Context, p Program) (Swapped, error) {
	r.attendNobody()
	return r.swap(ctx, newGeneration(p))
}

func (r *Relay) swap(ctx context.Context, g *generation) (Swapped, error) {
	begun := time.Now()
	ctx, finish := r.takeTurn(ctx)
	defer finish()
	if err := r.makeRoom(ctx); err != nil {
		return Swapped{}, notReady(g.number, err)
	}
	if g.debug {
		r.endDebugged(ctx)
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return Swapped{}, notReady(g.number, errClosed)
	}
	r.start(g)
	r.starting = g
	r.mu.Unlock()
	for {
		swapped, changed := r.cutOver(ctx, g)
		if changed == nil {
			swapped.Took = time.Since(begun)
			return swapped, nil
		}
		if err := r.abandon(ctx, g); err != nil {
			return Swapped{}, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// takeTurn ends the Swap in progress, if there is one, and waits until it has ended.
func (r *Relay) takeTurn(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	mine := &turn{cancel: cancel, done: make(chan struct{})}
	r.mu.Lock()
	before := r.turn
	if ctx.Err() == nil {
		r.turn = mine
	} else {
		before = nil // it is none any more: whoever has ended it has a turn of its own
	}
	if r.closed {
		cancel(errClosed)
	}
	r.mu.Unlock()
	if before != nil {
		before.cancel(errSuperseded)
		<-before.done
	}
	return ctx, func() {
		cancel(nil)
		close(mine.done)
	}
}

// makeRoom waits until one more generation may live. A standby gives way, once it does not linger;
// one that drains is waited for, because its transactions would fail, and it is bounded by
// ExecuteLimit.
func (r *Relay) makeRoom(ctx context.Context) error {
	for {
		changed := r.room()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// room gives what to wait for until one more generation may live, or nil.
func (r *Relay) room() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	alive := 0
	for _, g := range r.gens {
		if g.alive() {
			alive++
		}
	}
	if p := r.previous; alive >= maxAlive && p != nil && p.state == Standby {
		if wait := r.lingers(p); wait > 0 {
			r.after(wait, r.announce)
			return r.changed
		}
		r.end(p, Stopped, "")
		alive--
	}
	if alive < maxAlive {
		return nil
	}
	return r.changed
}

// cutOver makes g live if it has registered everywhere; otherwise it gives what to wait for.
func (r *Relay) cutOver(ctx context.Context, g *generation) (Swapped, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil || g.state != Starting || !g.registered() {
		return Swapped{}, r.changed
	}
	old := r.live
	r.live, r.starting, r.reason, r.crashes = g, nil, "", 0
	g.state = Live
	before := r.previous
	r.previous = nil
	if before != nil {
		r.dismiss(before)
	}
	swapped := Swapped{Generation: g.number, Peers: len(g.downs)}
	if old != nil {
		swapped.Previous = old.number
		r.succeed(old)
	}
	r.after(r.cfg.StandbyLimit, func() { r.settle(g) })
	r.cfg.Log("generation %d is live", g.number)
	r.announce()
	return swapped, nil
}

// succeed lets go of the generation that was live until now.
func (r *Relay) succeed(old *generation) {
	if old.state == Starting { // again, after a crash
		r.resend(r.end(old, Stopped, "it was replaced while it was starting again"))
		return
	}
	r.retire(old)
}

// abandon ends a generation whose Swap has failed, and says why; nil when it has not.
func (r *Relay) abandon(ctx context.Context, g *generation) error {
	r.mu.Lock()
	fault := g.fault
	if fault == nil && ctx.Err() == nil {
		r.mu.Unlock()
		return nil
	}
	if cause := context.Cause(ctx); errors.Is(cause, errSuperseded) || fault == nil {
		fault = notReady(g.number, cause)
	}
	if g.alive() {
		g.fault = fault
		r.resend(r.end(g, Stopped, fault.What()))
	}
	procs := g.procs
	r.mu.Unlock()
	told := *fault // the fault itself may be read by others
	if told.Exit == nil && slices.Contains([]Why{TooLate, WrongID, NoRegister, Disagree}, told.Why) {
		told.Exit = lastWords(procs)
	}
	return &told
}

// lastWords is the exit of the first process that was killed. It holds what the process wrote,
// which often says why it did not do as it should.
func lastWords(procs []*process) *Exit {
	limit := time.NewTimer(exitWait)
	defer limit.Stop()
	for _, p := range procs {
		select {
		case <-p.started: // one that calls may be refused before its host has said that it was started
		case <-limit.C:
			return nil
		}
		if p.host == nil {
			continue
		}
		select {
		case <-p.host.Done():
			if exit := p.host.Exit(); exit.How != "" {
				return &exit
			}
			return nil
		case <-limit.C:
			return nil
		}
	}
	return nil
}

func notReady(generation int, cause error) *NotReady {
	switch {
	case errors.Is(cause, errSuperseded):
		return &NotReady{Generation: generation, Why: Superseded}
	case errors.Is(cause, errClosed):
		return &NotReady{Generation: generation, Why: Closed}
	}
	return &NotReady{Generation: generation, Why: Cancelled, Err: cause}
}
