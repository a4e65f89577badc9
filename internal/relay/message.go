package relay

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// key names a transaction within an upstream, as a peer does (core/chaincode/transaction_contexts.go).
type key struct{ channel, txid string }

func keyOf(msg *peer.ChaincodeMessage) key { return key{msg.GetChannelId(), msg.GetTxid()} }

// errorMessage fails what the transaction waits for.
func errorMessage(k key, format string, args ...any) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{
		Type: peer.ChaincodeMessage_ERROR, ChannelId: k.channel, Txid: k.txid, Payload: fmt.Appendf(nil, format, args...),
	}
}

// startsTransaction is about a peer's messages.
func startsTransaction(msg *peer.ChaincodeMessage) bool {
	return msg.GetType() == peer.ChaincodeMessage_TRANSACTION || msg.GetType() == peer.ChaincodeMessage_INIT
}

// abilities are what a peer said in its READY that it understands besides the usual requests. It
// ends its stream on a message that it does not understand.
type abilities struct{ writeBatch, getMultiple bool }

func abilitiesOf(ready *peer.ChaincodeMessage) abilities {
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
func function(msg *peer.ChaincodeMessage) string {
	const args = 1 // ChaincodeInput.args
	rest := msg.GetPayload()
	for len(rest) > 0 {
		number, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return ""
		}
		rest = rest[n:]
		if number == args && kind == protowire.BytesType {
			first, n := protowire.ConsumeBytes(rest)
			if n < 0 {
				return ""
			}
			return string(first)
		}
		if n = protowire.ConsumeFieldValue(number, kind, rest); n < 0 {
			return ""
		}
		rest = rest[n:]
	}
	return ""
}

// mebibytes writes a size for people.
func mebibytes(bytes int) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
