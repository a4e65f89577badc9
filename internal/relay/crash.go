package relay

import (
	"fmt"
	"time"
)

// crash ends a generation that cannot serve any more, or never could. The whole of it is ended, in
// client mode the other processes too: one fault that both peers' endorsements run into is one
// crash, and all processes of a generation stay the same age.
func (r *Relay) crash(g *generation, fault *NotReady) {
	if !g.alive() || r.closed {
		return
	}
	g.fault = fault
	fault.Service = g.service
	wasLive := g == r.live
	fault.Serving = g.state != Starting
	r.cfg.Log("%s", fault)
	unseen := r.end(g, Crashed, fault.What())
	if wasLive {
		r.replace(g, fault)
	} else if r.live == nil {
		r.reason = fault.Error()
	}
	r.resend(unseen)
}

// replace finds who serves when the live generation has crashed.
func (r *Relay) replace(g *generation, fault *NotReady) {
	if p := r.previous; p != nil && !g.settled {
		r.cfg.Log("generation %d serves again", p.number)
		r.revive(p)
		return
	}
	if g.external {
		if r.external != nil { // it comes again when whoever has started it does so
			r.reason = r.external.Absent
		}
		return
	}
	if r.loops(g) {
		r.reason = fmt.Sprintf("generation %d of the chaincode has crashed %d times in a row, and is not started again: %s",
			g.number, r.crashes, fault.What())
		r.cfg.Log("%s", r.reason)
		return
	}
	r.restarts++
	again := newGeneration(g.program())
	r.start(again)
	again.settled = true // what was before it is not to come back
	r.live = again
}

// loops counts a crash, and says whether it is one too many. One that has never served has not
// lasted, however long the relay has waited for it: a container that its engine has given up, say.
func (r *Relay) loops(g *generation) bool {
	if g.completed || g.fault.Serving && time.Since(g.startedAt) > crashWindow {
		r.crashes = 0
		return false
	}
	r.crashes++
	return r.crashes >= crashLoop
}

// revive makes the generation before the live one live again.
func (r *Relay) revive(g *generation) {
	r.previous, r.live = nil, g
	g.state, g.settled = Live, true
	g.bound.Stop()
	for u := range r.ups {
		if u.ready != nil {
			r.attach(g, u)
		}
	}
	r.announce()
}
