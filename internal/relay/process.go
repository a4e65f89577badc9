package relay

import (
	"context"
	"net"
	"slices"

	"github.com/ccdev/ccdev/internal/relay/wire"
)

// process is one process of a generation: the only one of a server, one of several of a client.
type process struct {
	gen    *generation
	down   *downstream // Client: the one it serves
	ctx    context.Context
	cancel context.CancelFunc

	started chan struct{} // closed when host and conn are set, or will never be
	host    Process       // nil until started
	conn    *wire.Client  // Server

	expected bool   // its end is no crash
	killed   bool   // before it was started
	why      string // it was killed
}

// launch begins a process. The lock is held.
func (r *Relay) launch(g *generation) *process {
	p := &process{gen: g, started: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(r.ctx)
	g.procs = append(g.procs, p)
	r.tasks.run(func() { r.run(p) })
	return p
}

// run starts a process, and waits for its end.
func (r *Relay) run(p *process) {
	defer p.cancel()
	launch := Launch{Generation: p.gen.number, Program: p.gen.path, Mode: p.gen.mode, PackageID: r.cfg.PackageID, Debug: p.gen.debug}
	if p.gen.mode == Client && p.gen.address == "" {
		l, err := r.listen(p)
		if err != nil {
			r.started(p, nil, err)
			return
		}
		defer r.unlisten(l)
		launch.Dial = l.Addr().String()
	}
	r.awaitPort(p)
	host, err := r.hostOf(p.gen).Start(p.ctx, launch)
	if err == nil && p.gen.mode != Client {
		address := host.Address()
		p.conn = wire.NewClient(address, r.cfg.TLS.Authority(address), r.wire(r.cfg.TLS.Client(address, func(why error) { r.disagree(p, why) })))
		defer p.conn.Close()
	}
	if !r.started(p, host, err) {
		return
	}
	<-host.Done()
	r.ran(p, host.Exit())
}

// unlisten forgets the port before it gives it up: the next process may get the same one at once.
func (r *Relay) unlisten(l net.Listener) {
	r.mu.Lock()
	delete(r.dialled, port(l.Addr()))
	r.mu.Unlock()
	_ = l.Close() // or it is closed
}

// started takes what the host has said, and gives whether there is an end to wait for.
func (r *Relay) started(p *process, host Process, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.host = host
	close(p.started)
	if err != nil {
		if !p.expected {
			r.crash(p.gen, &NotReady{Generation: p.gen.number, Why: NotStarted, Err: err})
		}
		return false
	}
	if p.expected || p.killed {
		host.Kill()
	}
	r.announce()
	return true
}

// ran is the end of a process.
func (r *Relay) ran(p *process, exit Exit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := &exit
	if exit.How == "" {
		known = nil
	}
	if p.gen.exit == nil && !p.expected {
		p.gen.exit = known
	}
	r.announce()
	if p.gen.alive() { // or it would keep one for each time a peer has come and gone
		p.gen.procs = slices.DeleteFunc(slices.Clone(p.gen.procs), func(other *process) bool { return other == p })
	}
	if !p.expected {
		r.crash(p.gen, &NotReady{Generation: p.gen.number, Why: Ended, Exit: known, Because: p.why})
	}
}

// stop ends a process on purpose. The lock is held.
func (p *process) stop() {
	p.expected = true
	p.kill("")
}

// kill ends a process, and notes why. The lock is held.
func (p *process) kill(why string) {
	if p.why == "" {
		p.why = why
	}
	p.killed = true
	p.cancel() // of a start that has not ended yet
	if p.host != nil {
		p.host.Kill()
	}
}
