package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ccdev/ccdev/internal/relay/wire"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// upstream is a peer's stream. Only its queue may be used without the relay's lock.
type upstream struct {
	id     int
	name   string
	since  time.Time
	ctx    context.Context
	cancel context.CancelCauseFunc
	queue  *queue

	registered *message // the peer's own REGISTERED and READY, for each generation
	ready      *message
	abilities  abilities
	txs        map[key]*transaction
	gone       bool
}

// connect serves one stream of a peer: it registers at once, whether something is runnable or not,
// because a peer's first caller waits for that. It never registers twice: a peer that is
// registered with ends its stream on another REGISTER (core/chaincode/handler.go).
func (r *Relay) connect(stream *wire.Stream) error {
	if !r.tasks.begin() {
		return errClosing
	}
	defer r.tasks.wg.Done()
	id, err := proto.Marshal(&peer.ChaincodeID{Name: r.cfg.PackageID})
	if err != nil {
		return status.Errorf(codes.Internal, "encode the package ID: %v", err)
	}
	u := r.newUpstream(stream.Context(), r.peerName(stream))
	defer r.detach(u)
	u.queue.push(newMessage(peer.ChaincodeMessage_REGISTER, key{}, id))
	r.tasks.run(func() { u.cancel(u.queue.write(u.ctx, stream)) })
	r.tasks.run(func() { u.cancel(r.readPeer(u, stream)) })
	late := r.after(r.cfg.RegisterLimit, func() {
		if u.ready == nil {
			u.cancel(fmt.Errorf("the peer did not answer the registration within %s", r.cfg.RegisterLimit))
		}
	})
	defer late.Stop()
	select {
	case <-u.ctx.Done():
	case <-r.ctx.Done():
		return errClosing
	}
	if err := context.Cause(u.ctx); !errors.Is(err, io.EOF) {
		r.cfg.Log("the stream of peer %s ended: %v", u.name, err)
		return status.Error(codes.Unavailable, err.Error())
	}
	return nil
}

// peerName is the peer's, or else the address it dials from.
func (r *Relay) peerName(stream *wire.Stream) (name string) {
	if r.cfg.PeerName != nil {
		name = r.cfg.PeerName(stream.Context(), stream.RemoteAddr(), stream.LocalAddr())
	}
	return cmp.Or(name, stream.RemoteAddr().String())
}

func (r *Relay) newUpstream(ctx context.Context, name string) *upstream {
	u := &upstream{name: name, since: time.Now(), queue: newQueue(r.cfg.QueueLimit), txs: map[key]*transaction{}}
	u.ctx, u.cancel = context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nextStream++
	u.id = r.nextStream
	r.ups[u] = struct{}{}
	return u
}

func (r *Relay) readPeer(u *upstream, stream stream) error {
	for {
		msg, err := read(stream)
		if err != nil {
			return err
		}
		r.fromPeer(u, msg)
	}
}

// detach ends what belongs to the stream of a peer: its downstreams, and nothing else.
func (r *Relay) detach(u *upstream) {
	u.cancel(nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	u.gone = true
	delete(r.ups, u)
	for k, tx := range u.txs {
		if tx.down != nil { // its trace has begun, and nothing else would end it
			end := errorMessage(k, "the stream of peer %s ended before the transaction", u.name)
			r.record(func(rec Recorder) { rec.Message(time.Now(), u.name, true, &end.ChaincodeMessage) })
		}
		delete(u.txs, k)
		r.left(tx)
	}
	for _, g := range r.gens {
		if d := g.downs[u]; d != nil {
			delete(g.downs, u)
			r.closeDown(d)
			r.withoutPeer(g)
		}
	}
	r.announce()
}

// withoutPeer is a generation that has lost one of its peers.
func (r *Relay) withoutPeer(g *generation) {
	if g.external && g.mode == Client {
		r.crash(g, &NotReady{Generation: g.number, Why: Ended, Because: "the peer ended its stream, and the chaincode knows no other"})
		return
	}
	// The next peer, or this one when it is back, is not to wait for a process to start; one that
	// starts has to prove that it registers; and the end of an external one is seen by a stream only.
	if idle := len(g.downs) == 0 && g.spare == nil; idle && (g.state == Starting || g == r.live && (g.mode == Client || g.external)) {
		g.spare = r.open(g)
	}
}

// peerReady is the end of the registration with a peer.
func (r *Relay) peerReady(u *upstream, ready *message) {
	u.ready, u.abilities = ready, abilitiesOf(ready)
	r.cfg.Log("peer %s has registered the chaincode", u.name)
	for _, g := range []*generation{r.live, r.starting} {
		if g != nil {
			r.attach(g, u)
		}
	}
}
