package relay

import (
	"slices"
	"time"
)

// State is where a generation is in its life.
type State string

// The states of a generation.
const (
	Starting State = "starting" // it has not registered with every peer yet
	Live     State = "live"     // new transactions go to it
	Draining State = "draining" // it ends those it has
	Standby  State = "standby"  // it has none, and is kept in case the live one crashes right after the swap
	Crashed  State = "crashed"  // it ended by itself, or could not be made to serve
	Stopped  State = "stopped"  // it was ended
)

// generation is one start of a program. One that is started again is another, with the same number.
type generation struct {
	number int
	path   string
	mode   Mode
	remote // in place of path
	debug  bool

	state     State
	startedAt time.Time
	endedAt   time.Time
	proc      *process   // Server: its one process
	procs     []*process // all
	downs     map[*upstream]*downstream
	spare     *downstream // registered, or about to, for no upstream yet
	inFlight  int
	quiet     time.Time   // Standby: since when
	completed bool        // it has completed a transaction
	settled   bool        // the one before it is not needed any more
	bound     *time.Timer // of its draining
	fault     *NotReady   // why it does not serve
	exit      *Exit       // of its process that crashed
}

// alive says whether it has, or is about to have, processes.
func (g *generation) alive() bool { return g.state != Crashed && g.state != Stopped }

// serves says whether it may be given a transaction.
func (g *generation) serves() bool {
	return g.state == Live || g.state == Draining || g.state == Standby
}

// registered says whether it has registered on all its downstreams.
func (g *generation) registered() bool {
	if g.spare != nil && !g.spare.registered {
		return false
	}
	for _, d := range g.downs {
		if !d.registered {
			return false
		}
	}
	return true
}

func newGeneration(p Program) *generation {
	return &generation{
		number: p.Generation, path: p.Path, mode: p.Mode, remote: remote{address: p.Address, service: p.Service},
		debug: p.Debug, state: Starting, downs: map[*upstream]*downstream{},
	}
}

// program is what the generation runs.
func (g *generation) program() Program {
	return Program{Generation: g.number, Path: g.path, Mode: g.mode, Address: g.address, Service: g.service, Debug: g.debug}
}

// start begins a generation: a downstream for each peer, or a spare one that proves that it
// registers, and then serves the first peer.
func (r *Relay) start(g *generation) {
	g.startedAt = time.Now()
	r.remember(g)
	for u := range r.ups {
		if u.ready != nil {
			r.attach(g, u)
		}
	}
	if len(g.downs) == 0 {
		g.spare = r.open(g)
	}
	r.announce()
}

// remember adds a generation, and forgets the oldest of those that have ended.
func (r *Relay) remember(g *generation) {
	r.gens = append(r.gens, g)
	ended := 0
	for _, g := range r.gens {
		if !g.alive() {
			ended++
		}
	}
	r.gens = slices.DeleteFunc(r.gens, func(g *generation) bool {
		if g.alive() || ended <= maxEnded {
			return false
		}
		ended--
		return true
	})
}

// retire lets a generation end the transactions it has, for as long as a peer waits for them.
func (r *Relay) retire(g *generation) {
	g.state = Draining
	r.previous = g
	g.bound = r.after(r.cfg.ExecuteLimit, func() {
		if g.state != Draining {
			return
		}
		why := "it was replaced, and did not end this transaction within " + r.cfg.ExecuteLimit.String()
		for _, h := range r.end(g, Stopped, why) { // their peer has given up on them
			r.failUnserved(h.up, keyOf(h.msg), UnservedYet, "generation %d of the chaincode: %s", g.number, why)
		}
	})
	if r.noDraining {
		r.resend(r.end(g, Stopped, "it was replaced"))
		return
	}
	r.drained(g)
}

// drained looks whether a generation that is draining has ended its last transaction.
func (r *Relay) drained(g *generation) {
	if g.state != Draining || g.inFlight > 0 {
		return
	}
	g.state, g.quiet = Standby, time.Now()
	r.announce()
	r.dismiss(g)
}

// settle is when the live generation has proved itself, or has had the time to.
func (r *Relay) settle(g *generation) {
	if g != r.live || g.settled || g.state != Live {
		return
	}
	g.settled = true
	if r.previous != nil {
		r.dismiss(r.previous)
	}
}

// dismiss ends a standby that nobody needs any more: neither in place of the live generation, nor
// for a transaction that it has executed for one peer and not yet for another. It sees to it that
// it is looked at again as long as only the latter keeps it.
func (r *Relay) dismiss(g *generation) {
	if g.state != Standby || g == r.previous && r.live != nil && !r.live.settled {
		return
	}
	if wait := r.lingers(g); wait > 0 {
		r.after(wait, func() { r.dismiss(g) })
		return
	}
	r.end(g, Stopped, "")
}

// lingers gives how much longer a standby may be asked to execute again what it has executed: a
// client asks one org for its endorsement first and then the others, and those must get the same
// result, which another version of the code may not give.
func (r *Relay) lingers(g *generation) time.Duration {
	peers := 0
	for u := range r.ups {
		if u.ready != nil {
			peers++
		}
	}
	if peers < 2 {
		return 0
	}
	return time.Until(g.quiet.Add(r.cfg.EndorseLimit))
}

// held is a transaction that was not sent to the generation it was for.
type held struct {
	up  *upstream
	msg *message
}

// end ends a generation. What it was executing gets an ERROR that says why; what it has not seen
// is given back.
func (r *Relay) end(g *generation, state State, why string) []held {
	g.state, g.endedAt = state, time.Now()
	if g.bound != nil {
		g.bound.Stop()
	}
	for _, p := range []**generation{&r.previous, &r.starting, &r.live} {
		if *p == g {
			*p = nil
		}
	}
	unseen := g.unseen()
	r.failAll(g, why)
	for _, d := range g.downs {
		r.closeDown(d)
	}
	if g.spare != nil {
		r.closeDown(g.spare)
	}
	for _, p := range g.procs {
		p.stop()
	}
	r.announce()
	return unseen
}

func (r *Relay) failAll(g *generation, why string) {
	cause := UnservedYet
	if g.state == Crashed {
		cause = UnservedCrash
	}
	for u := range r.ups {
		for k, tx := range u.txs {
			if tx.down != nil && tx.down.gen == g {
				r.failUnserved(u, k, cause, "generation %d of the chaincode: %s", g.number, why)
			}
		}
	}
}

// unseen takes back the transactions that were not written to a process yet.
func (g *generation) unseen() []held {
	var unseen []held
	for u, d := range g.downs {
		for _, msg := range d.queue.take() {
			if startsTransaction(msg) && u.txs[keyOf(msg)] != nil {
				delete(u.txs, keyOf(msg))
				g.inFlight--
				unseen = append(unseen, held{u, msg})
			}
		}
	}
	return unseen
}

// resend gives transactions to the generation that serves now, or says why there is none.
func (r *Relay) resend(unseen []held) {
	for _, h := range unseen {
		r.dispatch(h.up, h.msg)
	}
}
