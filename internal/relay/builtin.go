package relay

import (
	"context"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// BuiltinFunc answers a transaction in place of the chaincode. ask sends a request to the peer as
// one of this transaction, and gives the peer's RESPONSE or ERROR; it sets channel and txid itself,
// and may be called by one goroutine at a time. args has the function first. ctx ends with
// the peer's stream, and when the peer has given up on the transaction.
type BuiltinFunc func(ctx context.Context, ask func(*peer.ChaincodeMessage) (*peer.ChaincodeMessage, error), args [][]byte) *peer.Response

// builtin answers a transaction that calls one of the relay's own functions, and says whether it
// does. No generation is needed for that.
func (r *Relay) builtin(u *upstream, k key, msg *message) bool {
	if r.cfg.Builtin == nil || msg.GetType() != peer.ChaincodeMessage_TRANSACTION {
		return false
	}
	run, ok := r.cfg.Builtin(function(msg.GetPayload()))
	if !ok {
		return false
	}
	tx := &transaction{key: k, up: u, answers: make(chan *message, 1)}
	u.txs[k] = tx
	r.tasks.run(func() { r.runBuiltin(tx, run, msg.GetPayload()) })
	return true
}

func (r *Relay) runBuiltin(tx *transaction, run BuiltinFunc, payload []byte) {
	ctx, cancel := context.WithTimeout(tx.up.ctx, r.cfg.ExecuteLimit)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	var input peer.ChaincodeInput
	if err := proto.Unmarshal(payload, &input); err != nil || len(input.GetArgs()) == 0 {
		r.complete(tx, errorMessage(tx.key, "the transaction's arguments cannot be read: %v", err))
		return
	}
	response := run(ctx, func(msg *peer.ChaincodeMessage) (*peer.ChaincodeMessage, error) {
		return r.askPeer(ctx, tx, msg)
	}, input.GetArgs())
	result, err := proto.Marshal(response)
	if err != nil {
		r.complete(tx, errorMessage(tx.key, "encode the response: %v", err))
		return
	}
	msg := newMessage(peer.ChaincodeMessage_COMPLETED, tx.key, result)
	if size := msg.size(); size > r.cfg.MaxMessage {
		msg = errorMessage(tx.key, "the result has %s, more than the %s that a peer takes", mebibytes(size), mebibytes(r.cfg.MaxMessage))
	}
	r.complete(tx, msg)
}

func (r *Relay) askPeer(ctx context.Context, tx *transaction, msg *peer.ChaincodeMessage) (*peer.ChaincodeMessage, error) {
	request := newMessage(msg.GetType(), tx.key, msg.GetPayload())
	r.mu.Lock()
	if tx.up.txs[tx.key] == tx {
		tx.asked = true
		tx.up.queue.push(request)
	}
	r.mu.Unlock()
	select {
	case answer := <-tx.answers:
		return &answer.ChaincodeMessage, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (r *Relay) complete(tx *transaction, msg *message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if tx.up.txs[tx.key] == tx {
		r.finish(tx, msg)
	}
}
