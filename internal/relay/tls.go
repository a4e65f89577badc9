package relay

import "net"

// disagree ends a generation that does not get on with the relay in TLS: no further try helps.
func (r *Relay) disagree(p *process, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !p.expected {
		r.crash(p.gen, &NotReady{Generation: p.gen.number, Why: Disagree, Err: why})
	}
}

// notLetIn is about somebody who has dialled the relay, and does not get on with it in TLS: a
// process, which the port tells that it has dialled, or a peer.
func (r *Relay) notLetIn(local net.Addr, why error) {
	r.mu.Lock()
	p := r.dialled[port(local)]
	stranger := p == nil || p.down.called
	r.mu.Unlock()
	if stranger {
		r.cfg.Log("somebody has dialled %s: %v", local, why)
		return
	}
	<-p.started // it has dialled, so that its host is about to say so; then its end has one reason
	r.disagree(p, why)
}
