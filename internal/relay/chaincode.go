package relay

import (
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// fromChaincode routes a message of a chaincode. It gives the queue that has to have room before
// the next one is read, or nil.
func (r *Relay) fromChaincode(d *downstream, msg *message) *queue {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.ctx.Err() != nil || msg.GetType() == peer.ChaincodeMessage_KEEPALIVE {
		return nil
	}
	if d.up == nil {
		r.cfg.Log("generation %d sent a %s before it was asked anything", d.gen.number, msg.GetType())
		return nil
	}
	r.fromServing(d, msg)
	return d.up.queue
}

func (r *Relay) fromServing(d *downstream, msg *message) {
	tx := d.up.txs[keyOf(msg)]
	if tx != nil && tx.down != d {
		tx = nil // it is another's by now
	}
	switch kind := msg.GetType(); {
	case kind == peer.ChaincodeMessage_COMPLETED || kind == peer.ChaincodeMessage_ERROR:
		r.ended(d, tx, msg)
	case !d.up.abilities.understands(kind):
		r.reject(d, msg, "the peer does not understand a %s", kind)
	case tx == nil:
		r.reject(d, msg, "a %s of a transaction that has ended", kind)
	case tx.asked:
		// The peer would drop it (core/chaincode/handler.go: registerTxid). An ERROR would be taken
		// for the answer to the first.
		r.cfg.Log("generation %d sent a %s while another request of its transaction %s was with the peer", d.gen.number, kind, tx.key.txid)
	default:
		r.ask(d, tx, msg)
	}
}

// reject answers a message with an ERROR, which nobody but its sender sees.
func (r *Relay) reject(d *downstream, msg *message, format string, args ...any) {
	e := errorMessage(keyOf(msg), format, args...)
	r.cfg.Log("generation %d, transaction %s: %s", d.gen.number, msg.GetTxid(), e.GetPayload())
	r.tell(d, e)
}

// ask passes a request on to the peer.
func (r *Relay) ask(d *downstream, tx *transaction, msg *message) {
	if size := msg.size(); size > r.cfg.MaxMessage {
		r.reject(d, msg, "the %s has %s, more than the %s that a peer takes", msg.GetType(), mebibytes(size), mebibytes(r.cfg.MaxMessage))
		return
	}
	tx.asked = true
	r.record(func(rec Recorder) { rec.Message(time.Now(), tx.up.name, true, &msg.ChaincodeMessage) })
	tx.up.queue.push(msg)
}

// ended is a COMPLETED or ERROR. One for a transaction that is not there has been answered already.
func (r *Relay) ended(d *downstream, tx *transaction, msg *message) {
	if tx == nil {
		r.cfg.Log("generation %d sent a %s for a transaction that is not its own: %q", d.gen.number, msg.GetType(), msg.GetTxid())
		return
	}
	if size := msg.size(); size > r.cfg.MaxMessage {
		msg = errorMessage(tx.key, "the chaincode's result has %s, more than the %s that a peer takes", mebibytes(size), mebibytes(r.cfg.MaxMessage))
	}
	completed := msg.GetType() == peer.ChaincodeMessage_COMPLETED
	r.finish(tx, msg)
	if completed {
		d.gen.completed = true
		r.settle(d.gen)
	}
}
