package relay

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// message is one that a peer or a chaincode has sent, or that the relay has made.
type message struct {
	peer.ChaincodeMessage

	raw []byte // that it came in; nil for one that the relay has made
}

func newMessage(kind peer.ChaincodeMessage_Type, k key, payload []byte) *message {
	return &message{ChaincodeMessage: peer.ChaincodeMessage{Type: kind, ChannelId: k.channel, Txid: k.txid, Payload: payload}}
}

// size is in bytes, encoded.
func (m *message) size() int {
	if m.raw != nil {
		return len(m.raw)
	}
	return proto.Size(&m.ChaincodeMessage)
}

// key names a transaction within an upstream, as a peer does (core/chaincode/transaction_contexts.go).
type key struct{ channel, txid string }

func keyOf(msg interface {
	GetChannelId() string
	GetTxid() string
}) key {
	return key{msg.GetChannelId(), msg.GetTxid()}
}

// errorMessage fails what the transaction waits for.
func errorMessage(k key, format string, args ...any) *message {
	return newMessage(peer.ChaincodeMessage_ERROR, k, fmt.Appendf(nil, format, args...))
}

// startsTransaction is about a peer's messages.
func startsTransaction(msg *message) bool {
	return msg.GetType() == peer.ChaincodeMessage_TRANSACTION || msg.GetType() == peer.ChaincodeMessage_INIT
}

// abilities are what a peer said in its READY that it understands besides the usual requests. It
// ends its stream on a message that it does not understand.
type abilities struct{ writeBatch, getMultiple bool }

func abilitiesOf(ready *message) abilities {
	var params peer.ChaincodeAdditionalParams
	if err := proto.Unmarshal(ready.GetPayload(), &params); err != nil {
		return abilities{} // as shims take it
	}
	return abilities{writeBatch: params.GetUseWriteBatch(), getMultiple: params.GetUseGetMultipleKeys()}
}

// understands says whether a peer takes the message as a transaction's request
// (core/chaincode/handler.go: handleMessageReadyState).
func (a abilities) understands(kind peer.ChaincodeMessage_Type) bool {
	switch kind {
	case peer.ChaincodeMessage_GET_STATE, peer.ChaincodeMessage_PUT_STATE, peer.ChaincodeMessage_DEL_STATE,
		peer.ChaincodeMessage_INVOKE_CHAINCODE, peer.ChaincodeMessage_GET_STATE_BY_RANGE, peer.ChaincodeMessage_GET_QUERY_RESULT,
		peer.ChaincodeMessage_QUERY_STATE_NEXT, peer.ChaincodeMessage_QUERY_STATE_CLOSE, peer.ChaincodeMessage_GET_HISTORY_FOR_KEY,
		peer.ChaincodeMessage_GET_STATE_METADATA, peer.ChaincodeMessage_PUT_STATE_METADATA,
		peer.ChaincodeMessage_GET_PRIVATE_DATA_HASH, peer.ChaincodeMessage_PURGE_PRIVATE_DATA:
		return true
	case peer.ChaincodeMessage_WRITE_BATCH_STATE:
		return a.writeBatch
	case peer.ChaincodeMessage_GET_STATE_MULTIPLE:
		return a.getMultiple
	}
	return false
}

// function is the first argument of a transaction, read without decoding the others.
func function(payload []byte) (name string) {
	const args = 1 // ChaincodeInput.args
	eachField(payload, func(field protowire.Number, kind protowire.Type, value []byte) bool {
		found := field == args && kind == protowire.BytesType
		if found {
			name = string(value)
		}
		return !found
	})
	return name
}

// mebibytes writes a size for people.
func mebibytes(bytes int) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
