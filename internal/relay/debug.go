package relay

import (
	"context"
	"slices"
	"time"
)

// registerLimit is how long a process of the generation has to register.
func (r *Relay) registerLimit(g *generation) time.Duration {
	if g.debug {
		return max(r.cfg.RegisterLimit, debugStart)
	}
	return r.cfg.RegisterLimit
}

// bound ends a transaction that its chaincode does not end in time. Nobody but the relay knows
// whether it is held at a breakpoint, and so peers wait for longer than that.
func (r *Relay) bound(tx *transaction) {
	if tx.down.gen.debug || tx.down.gen.external { // whoever starts one may do so in a debugger
		return
	}
	tx.limit = r.after(r.cfg.ExecuteLimit, func() { r.overdue(tx) })
}

// overdue fails a transaction, unless it waits for the peer: the chaincode that it calls there may
// be held at a breakpoint, and otherwise has a limit of its own.
func (r *Relay) overdue(tx *transaction) {
	if tx.up.txs[tx.key] != tx {
		return
	}
	if tx.asked {
		r.bound(tx)
		return
	}
	r.fail(tx.up, tx.key, "generation %d: the chaincode did not answer within %s", tx.down.gen.number, r.cfg.ExecuteLimit)
}

// endDebugged ends the generations that are being debugged, and waits until their processes have
// let go of the debugger's port. What they were executing fails: it may be held for ever.
func (r *Relay) endDebugged(ctx context.Context) {
	r.mu.Lock()
	var ended []*process
	for _, g := range r.gens {
		if !g.debug || !g.alive() {
			continue
		}
		ended = append(ended, g.procs...)
		unseen := r.end(g, Stopped, "it was replaced by another one to debug")
		if r.live == nil {
			r.reason = "the chaincode is being started under the debugger"
		}
		r.resend(unseen)
	}
	r.mu.Unlock()
	for _, p := range ended {
		p.awaitEnd(ctx)
	}
}

// awaitPort waits until the processes before this one of a generation that is being debugged have
// let go of the debugger's port. A chaincode that dials has another one when its peer comes back.
func (r *Relay) awaitPort(p *process) {
	if !p.gen.debug {
		return
	}
	r.mu.Lock()
	before := slices.Clone(p.gen.procs[:slices.Index(p.gen.procs, p)])
	r.mu.Unlock()
	for _, other := range before {
		other.awaitEnd(p.ctx)
	}
}

// awaitEnd waits for the end of a process that was stopped. The lock is not held.
func (p *process) awaitEnd(ctx context.Context) {
	select {
	case <-p.started:
	case <-ctx.Done():
		return
	}
	if p.host == nil {
		return // it could not be started
	}
	select {
	case <-p.host.Done():
	case <-ctx.Done():
	}
}
