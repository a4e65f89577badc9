package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/ccdev/ccdev/internal/relay/wire"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// downstream is one stream of a process, for one upstream; or for none yet, when it is a spare.
// Messages may be pushed to its queue from the start: they are written once it has registered.
type downstream struct {
	gen    *generation
	proc   *process
	up     *upstream // nil: a spare
	ctx    context.Context
	cancel context.CancelFunc
	queue  *queue

	called     bool // Client: the process has called
	registered bool
	refusing   bool // what it holds has waited long enough
	hold, late *time.Timer
}

// stream is a wire.Stream.
type stream interface {
	Send(raw []byte) error
	Recv() (raw []byte, err error)
}

func read(s stream) (*message, error) {
	raw, err := s.Recv()
	if err != nil {
		return nil, err
	}
	return decode(raw)
}

// open begins a downstream of a generation, with a process of its own where it takes one.
func (r *Relay) open(g *generation) *downstream {
	d := &downstream{gen: g, queue: newQueue(r.cfg.QueueLimit)}
	d.ctx, d.cancel = context.WithCancel(r.ctx)
	d.hold = r.after(r.cfg.HoldLimit, func() { r.refuse(d) })
	d.late = r.after(r.registerLimit(g), func() { r.tooLate(d) })
	if g.mode == Client {
		d.proc = r.launch(g)
		d.proc.down = d
		if s := g.stream; s != nil {
			g.stream, d.called = nil, true
			r.tasks.run(func() { r.converse(d, s) })
		}
		return d
	}
	if g.proc == nil {
		g.proc = r.launch(g)
	}
	d.proc = g.proc
	r.tasks.run(func() { r.dial(d) })
	return d
}

// attach gives an upstream its downstream of a generation; nil where that has no stream for it.
func (r *Relay) attach(g *generation, u *upstream) *downstream {
	if d := g.downs[u]; d != nil {
		return d
	}
	d := g.spare
	g.spare = nil
	if d == nil && g.external && g.mode == Client && g.stream == nil {
		return nil
	}
	if d == nil {
		d = r.open(g)
	}
	d.up, g.downs[u] = u, d
	d.queue.push(u.registered)
	d.queue.push(u.ready)
	return d
}

// closeDown ends a downstream on purpose, and its process if that is for nothing else.
func (r *Relay) closeDown(d *downstream) {
	d.cancel()
	d.hold.Stop()
	d.late.Stop()
	if d.gen.mode == Client {
		d.proc.stop()
	}
}

// dial connects to a process that listens, or is about to.
func (r *Relay) dial(d *downstream) {
	select {
	case <-d.proc.started:
	case <-d.ctx.Done():
		return
	}
	if d.proc.conn == nil {
		return // it could not be started, which is dealt with elsewhere
	}
	// An external one was seen to listen: if it does not any more, it has gone.
	s, err := d.proc.conn.Open(d.ctx, peer.Chaincode_Connect_FullMethodName, !d.gen.external)
	if err != nil {
		r.lost(d, err)
		return
	}
	r.converse(d, s)
}

// register serves the stream of a process that has called. The port it has called tells which.
func (r *Relay) register(s *wire.Stream) error {
	if !r.tasks.begin() {
		return errClosing
	}
	defer r.tasks.wg.Done()
	d := r.caller(s.LocalAddr())
	if e := r.expects(s.LocalAddr()); d == nil && e != nil {
		return r.receive(e, s)
	}
	if d == nil {
		return status.Error(codes.PermissionDenied, "the relay has not started this process, or it has called before")
	}
	r.tasks.run(func() { r.converse(d, s) })
	select {
	case <-d.ctx.Done():
		return errClosing
	case <-s.Context().Done():
		return s.Context().Err()
	}
}

func (r *Relay) caller(called net.Addr) *downstream {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.dialled[port(called)]
	if p == nil || p.down.called {
		return nil
	}
	p.down.called = true
	return p.down
}

// converse speaks with a chaincode for as long as there is something to say.
func (r *Relay) converse(d *downstream, s stream) {
	msg, err := read(s)
	if err != nil {
		r.lost(d, err)
		return
	}
	if !r.registers(d, msg) {
		return
	}
	r.tasks.run(func() {
		// After an EOF the reader is told what it was.
		if err := d.queue.write(d.ctx, s); !errors.Is(err, io.EOF) {
			r.lost(d, err)
		}
	})
	for {
		msg, err := read(s)
		if err != nil {
			r.lost(d, err)
			return
		}
		if busy := r.fromChaincode(d, msg); busy != nil {
			busy.awaitRoom(d.ctx)
		}
	}
}

// registers checks a process's first message.
func (r *Relay) registers(d *downstream, msg *message) bool {
	var id peer.ChaincodeID
	err := proto.Unmarshal(msg.GetPayload(), &id)
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.ctx.Err() != nil {
		return false
	}
	g := d.gen
	switch {
	case msg.GetType() != peer.ChaincodeMessage_REGISTER || err != nil:
		r.crash(g, &NotReady{Generation: g.number, Why: NoRegister, Got: msg.GetType().String()})
		return false
	case id.GetName() != r.cfg.PackageID:
		r.crash(g, &NotReady{Generation: g.number, Why: WrongID, Got: id.GetName(), Want: r.cfg.PackageID})
		return false
	}
	if r.forwardRegister && d.up != nil {
		d.up.queue.push(msg)
	}
	d.registered, d.refusing = true, false
	d.hold.Stop()
	d.late.Stop()
	if g == r.live && g.state == Starting && g.registered() {
		g.state = Live // it was started again
	}
	r.announce()
	return true
}

// refuse fails what has waited for a process to register for too long.
func (r *Relay) refuse(d *downstream) {
	if d.registered || d.ctx.Err() != nil {
		return
	}
	d.refusing = true
	for _, msg := range d.queue.take() {
		if !startsTransaction(msg) {
			d.queue.push(msg)
			continue
		}
		r.failUnserved(d.up, keyOf(msg), UnservedYet, "generation %d of the chaincode is starting, and has not registered within %s", d.gen.number, r.cfg.HoldLimit)
	}
}

func (r *Relay) tooLate(d *downstream) {
	if d.registered || d.ctx.Err() != nil {
		return
	}
	r.crash(d.gen, &NotReady{Generation: d.gen.number, Why: TooLate, Limit: r.registerLimit(d.gen)})
}

// lost is a downstream whose stream has ended, other than on purpose. Mostly the process has ended
// too, or is about to; if not it is ended, because without its stream it is of no use.
func (r *Relay) lost(d *downstream, err error) {
	if d.ctx.Err() != nil {
		return
	}
	<-d.proc.started // a process may have called before its host has said so
	if d.proc.host == nil {
		return // or has said that it could not be started
	}
	if s, ok := status.FromError(err); ok {
		err = errors.New(s.Message())
	}
	why := "its stream ended (" + err.Error() + ")"
	if d.gen.address == "" {
		if endsByItself(d) {
			return
		}
		why = "it ended its stream (" + err.Error() + "), and was stopped"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.ctx.Err() == nil {
		d.proc.kill(why)
	}
}

// endsByItself waits a little for a process whose stream has ended to end too. Whoever waits for
// its end deals with that.
func endsByItself(d *downstream) bool {
	grace := time.NewTimer(exitGrace)
	defer grace.Stop()
	select {
	case <-d.ctx.Done():
		return true
	case <-d.proc.host.Done():
		return true
	case <-grace.C:
		return false
	}
}

// tell sends a chaincode what one of its transactions waits for: no more than one message for each
// that was let in, and so it is not refused.
func (r *Relay) tell(d *downstream, msg *message) {
	if !d.queue.offer(msg) {
		d.queue.push(msg)
		r.full(d)
	}
}

// full is about a queue that was full just now: a burst, or a process that does not read.
func (r *Relay) full(d *downstream) {
	if d.queue.stalled(r.cfg.StallLimit) {
		r.cfg.Log("generation %d does not read what is sent to it", d.gen.number)
		d.proc.kill("it did not read the " + mebibytes(r.cfg.QueueLimit) + " that were sent to it, and was stopped")
	}
}
