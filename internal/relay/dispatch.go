package relay

import (
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// transaction is one that a peer has sent, and that has not been answered yet. It stays with its
// generation: the peer holds its iterators, and the process holds its stack.
type transaction struct {
	key     key
	up      *upstream
	down    *downstream   // nil for one that the relay itself answers
	answers chan *message // to a builtin's requests
	asked   bool          // a request of its is with the peer
	limit   *time.Timer   // nil for one that may take as long as the peer waits for it
}

// fromPeer routes a message of a peer.
func (r *Relay) fromPeer(u *upstream, msg *message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if u.gone || r.closed {
		return
	}
	switch kind := msg.GetType(); kind {
	case peer.ChaincodeMessage_TRANSACTION, peer.ChaincodeMessage_INIT:
		r.dispatch(u, msg)
	case peer.ChaincodeMessage_RESPONSE, peer.ChaincodeMessage_ERROR:
		r.answer(u, msg)
	case peer.ChaincodeMessage_KEEPALIVE:
		u.queue.push(msg) // as a shim echoes it
	case peer.ChaincodeMessage_REGISTERED, peer.ChaincodeMessage_READY:
		r.handshake(u, msg)
	default:
		r.cfg.Log("peer %s sent a %s, which no peer sends", u.name, kind)
		r.fail(u, keyOf(msg), "the relay does not know what to do with a %s", kind)
	}
}

func (r *Relay) handshake(u *upstream, msg *message) {
	switch {
	case msg.GetType() == peer.ChaincodeMessage_REGISTERED && u.registered == nil:
		u.registered = msg
	case msg.GetType() == peer.ChaincodeMessage_READY && u.registered != nil && u.ready == nil:
		r.peerReady(u, msg)
	default:
		r.cfg.Log("peer %s sent a %s out of turn", u.name, msg.GetType())
	}
}

// dispatch sends a new transaction to a generation. The choice, the note of it and the push are
// one step as seen from a cut-over.
func (r *Relay) dispatch(u *upstream, msg *message) {
	k := keyOf(msg)
	size := msg.size()
	switch _, running := u.txs[k]; {
	case u.ready == nil:
		u.queue.push(errorMessage(k, "a transaction before READY"))
		return
	case running:
		// The peer has given up on it, and a client has sent it again. Messages of the two could not
		// be told apart; and the first must not end the second.
		u.queue.push(errorMessage(k, "the chaincode is still busy with an earlier attempt at this transaction"))
		return
	case size > r.cfg.MaxMessage:
		u.queue.push(errorMessage(k, "the transaction has %s, more than the %s that a chaincode takes", mebibytes(size), mebibytes(r.cfg.MaxMessage)))
		return
	case r.builtin(u, k, msg):
		return
	}
	g := r.choose(u, k.txid)
	if g == nil {
		r.failUnserved(u, k, UnservedYet, "%s", r.reason)
		return
	}
	r.send(g, u, msg)
}

// choose gives the generation for a transaction: the one that this txid has been with before, be
// it for another call within it or for another peer; else the live one.
func (r *Relay) choose(u *upstream, txid string) *generation {
	if g := r.assigned.of(txid); g != nil && g.serves() && g.downs[u] != nil {
		return g
	}
	g := r.live
	if g == nil {
		g = r.starting
	}
	if g != nil {
		r.assigned.note(txid, g)
	}
	return g
}

// send gives a transaction to a generation.
func (r *Relay) send(g *generation, u *upstream, msg *message) {
	k := keyOf(msg)
	d := r.attach(g, u)
	if d == nil {
		u.queue.push(errorMessage(k, "the chaincode has one stream, and that is another peer's: in mode client an external chaincode serves one peer"))
		return
	}
	if d.refusing {
		r.failUnserved(u, k, UnservedYet, "generation %d of the chaincode is starting, and has not registered yet", g.number)
		return
	}
	if !d.queue.offer(msg) {
		u.queue.push(errorMessage(k, "generation %d of the chaincode has %s to read before this transaction", g.number, mebibytes(r.cfg.QueueLimit)))
		r.full(d)
		return
	}
	r.record(func(rec Recorder) { rec.Begin(time.Now(), u.name, g.number, &msg.ChaincodeMessage) })
	tx := &transaction{key: k, up: u, down: d}
	u.txs[k] = tx
	r.bound(tx)
	g.inFlight++
	if g.state == Standby {
		g.state = Draining // until this one, too, has ended
	}
}

// answer takes a peer's answer to where the request came from. One that nobody waits for stays
// here: the Go shim ends its stream on it (shim/handler.go: handleResponse).
func (r *Relay) answer(u *upstream, msg *message) {
	tx := u.txs[keyOf(msg)]
	if tx == nil || !tx.asked {
		r.cfg.Log("peer %s answers a request that nobody made, of transaction %s", u.name, msg.GetTxid())
		return
	}
	tx.asked = false
	if size := msg.size(); size > r.cfg.MaxMessage {
		msg = errorMessage(tx.key, "the peer's answer has %s, more than the %s that a chaincode takes", mebibytes(size), mebibytes(r.cfg.MaxMessage))
	}
	if tx.answers != nil {
		tx.answers <- msg // it has room for the one answer that can be due
		return
	}
	r.record(func(rec Recorder) { rec.Message(time.Now(), u.name, false, &msg.ChaincodeMessage) })
	r.tell(tx.down, msg)
}

// fail answers a transaction with an ERROR, and forgets it.
func (r *Relay) fail(u *upstream, k key, format string, args ...any) {
	msg := errorMessage(k, format, args...)
	if tx := u.txs[k]; tx != nil {
		r.finish(tx, msg)
		return
	}
	u.queue.push(msg)
}

// finish sends a peer the end of a transaction.
func (r *Relay) finish(tx *transaction, msg *message) {
	if tx.down != nil {
		r.record(func(rec Recorder) { rec.Message(time.Now(), tx.up.name, true, &msg.ChaincodeMessage) })
	}
	delete(tx.up.txs, tx.key)
	tx.up.queue.push(msg)
	r.left(tx)
}

// left counts a transaction out that its upstream has forgotten.
func (r *Relay) left(tx *transaction) {
	if tx.down == nil {
		return
	}
	if tx.limit != nil {
		tx.limit.Stop()
	}
	tx.down.gen.inFlight--
	r.drained(tx.down.gen)
}

func (r *Relay) record(f func(Recorder)) {
	if r.cfg.Recorder != nil {
		f(r.cfg.Recorder)
	}
}

// assigned remembers the generations of the last maxAssigned txids.
type assigned struct {
	gens  map[string]*generation
	txids []string // a ring
	next  int
}

func (a *assigned) of(txid string) *generation { return a.gens[txid] }

func (a *assigned) note(txid string, g *generation) {
	if a.gens == nil {
		a.gens, a.txids = map[string]*generation{}, make([]string, maxAssigned)
	}
	if _, known := a.gens[txid]; !known {
		delete(a.gens, a.txids[a.next])
		a.txids[a.next] = txid
		a.next = (a.next + 1) % len(a.txids)
	}
	a.gens[txid] = g
}
