package relay

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/ccdev/ccdev/internal/relay/wire"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// External is a chaincode that a user starts and ends, as often as they like: in a debugger, say.
// Each time it comes it is a generation.
type External struct {
	Mode    Mode   `json:"mode"`
	Address string `json:"address"` // Server: where it listens; Client: where the relay listens for it
	Absent  string `json:"absent"`  // what callers hear while it is not there
}

// ExternalStatus is how an external chaincode is.
type ExternalStatus struct {
	Mode      Mode   `json:"mode"`
	Address   string `json:"address"`
	Connected bool   `json:"connected"`
}

const (
	seekPace  = 200 * time.Millisecond // between two looks whether an external chaincode listens
	seekLimit = time.Second            // of one look
	retryPace = 2 * time.Second        // after one that listens, and cannot serve
)

// attendance is the relay's readiness for an external chaincode.
type attendance struct {
	External
	port   int // Client: that it calls
	come   int // how often it has
	cancel context.CancelFunc
}

// Attend has the relay serve an external chaincode whenever that is there, in place of any other,
// until a Swap. It returns at once.
func (r *Relay) Attend(e External) error {
	r.mu.Lock()
	if now := r.external; now != nil && now.Mode == e.Mode && now.Address == e.Address {
		now.Absent = e.Absent
		r.mu.Unlock()
		return nil
	}
	r.mu.Unlock()
	r.attendNobody()
	ctx, cancel := context.WithCancel(r.ctx)
	a := &attendance{External: e, cancel: cancel}
	if e.Mode == Client {
		if err := r.awaitCalls(ctx, a); err != nil {
			cancel()
			return err
		}
	}
	r.mu.Lock()
	r.external = a
	for _, g := range r.gens {
		if g.alive() {
			r.end(g, Stopped, "the chaincode is an external one from now on")
		}
	}
	r.reason = e.Absent
	r.mu.Unlock()
	if e.Mode == Server {
		r.tasks.run(func() { r.seek(ctx, a) })
	}
	return nil
}

// attendNobody ends what Attend has begun.
func (r *Relay) attendNobody() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.external != nil {
		r.external.cancel()
		r.external = nil
	}
}

// seek looks again and again whether the chaincode listens.
func (r *Relay) seek(ctx context.Context, a *attendance) {
	looks := time.NewTicker(seekPace)
	defer looks.Stop()
	for {
		pause := looks.C
		if !listens(ctx, a.Address) {
			r.missed(a)
		} else if _, err := r.swap(ctx, r.visitor(a, a.Address, nil)); err == nil {
			r.cfg.Log("the external chaincode has come")
			r.untilItGoes(ctx, a)
		} else if listens(ctx, a.Address) {
			pause = time.After(retryPace)
		} else {
			r.missed(a) // it was on its way out
		}
		select {
		case <-pause:
		case <-ctx.Done():
			return
		}
	}
}

// listens tries a connection. It costs less than a stream, and disturbs no chaincode.
func listens(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{Timeout: seekLimit}).DialContext(ctx, "tcp", address)
	return err == nil && conn.Close() == nil
}

// missed is when the chaincode is not there.
func (r *Relay) missed(a *attendance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.external == a && r.live == nil {
		r.reason = a.Absent
	}
}

// visitor makes a generation of a chaincode that has come.
func (r *Relay) visitor(a *attendance, address string, s stream) *generation {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.come++
	g := newGeneration(Program{Generation: a.come, Mode: a.Mode, Address: address})
	g.external, g.stream = true, s
	return g
}

// untilItGoes waits until no external chaincode is live.
func (r *Relay) untilItGoes(ctx context.Context, a *attendance) {
	for {
		r.mu.Lock()
		there, changed := r.live != nil, r.changed
		r.mu.Unlock()
		if !there {
			r.missed(a)
			r.cfg.Log("the external chaincode has gone")
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// awaitCalls makes the server for chaincodes listen for an external one.
func (r *Relay) awaitCalls(ctx context.Context, a *attendance) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Address)
	if err != nil {
		return fmt.Errorf("the relay cannot listen for the chaincode: %w", err)
	}
	a.port = port(l.Addr())
	r.tasks.run(func() { _ = r.chaincodes.Serve(l) }) // it ends with the listener
	r.tasks.run(func() {
		<-ctx.Done()
		_ = l.Close() // or it is closed
	})
	return nil
}

// expects gives the attendance that waits at the port which a chaincode has called.
func (r *Relay) expects(called net.Addr) *attendance {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.external; a != nil && a.port != 0 && port(called) == a.port {
		return a
	}
	return nil
}

// receive serves the stream of an external chaincode that has called. The latest one counts.
func (r *Relay) receive(a *attendance, s *wire.Stream) error {
	g := r.visitor(a, s.RemoteAddr().String(), s)
	if _, err := r.swap(s.Context(), g); err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	r.cfg.Log("the external chaincode has come")
	for {
		r.mu.Lock()
		alive, changed := g.alive(), r.changed
		r.mu.Unlock()
		if !alive {
			r.missed(a)
			r.cfg.Log("the external chaincode has gone")
			return errClosing
		}
		<-changed
	}
}

// externalStatus is nil for a chaincode that is no external one.
func (r *Relay) externalStatus() *ExternalStatus {
	if r.external == nil {
		return nil
	}
	return &ExternalStatus{Mode: r.external.Mode, Address: r.external.Address, Connected: r.live != nil && r.live.external}
}
