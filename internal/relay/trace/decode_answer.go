package trace

import (
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// answer is what a peer answered.
type answer struct {
	malformed bool
	value     *blob
	values    []blob // of a request for many keys, in their order
	results   *int   // of an iterator
	keys      []string
	iterator  string
	more      bool
	status    int32 // of the chaincode called
	error     string
}

func (a *answer) weight() int {
	sum := overhead + weights(a.values) + len(a.error)
	if a.value != nil {
		sum += a.value.weight()
	}
	for _, k := range a.keys {
		sum += 16 + len(k)
	}
	return sum
}

// brought says whether it brought anything of the state.
func (a *answer) brought() bool { return a.value != nil || a.values != nil || a.results != nil }

// decodeAnswer reads the payload of a RESPONSE.
func decodeAnswer(request peer.ChaincodeMessage_Type, payload []byte) *answer {
	a := &answer{}
	switch request {
	case peer.ChaincodeMessage_GET_STATE, peer.ChaincodeMessage_GET_PRIVATE_DATA_HASH:
		a.value = pointer(newBlob(payload))
	case peer.ChaincodeMessage_GET_STATE_METADATA:
		a.metadata(payload)
	case peer.ChaincodeMessage_GET_STATE_MULTIPLE:
		m := &peer.GetStateMultipleResult{}
		a.malformed = proto.Unmarshal(payload, m) != nil
		a.values, _ = newBlobs(m.Values)
	case peer.ChaincodeMessage_GET_STATE_BY_RANGE, peer.ChaincodeMessage_GET_QUERY_RESULT,
		peer.ChaincodeMessage_GET_HISTORY_FOR_KEY, peer.ChaincodeMessage_QUERY_STATE_NEXT:
		a.iterated(payload)
	case peer.ChaincodeMessage_INVOKE_CHAINCODE:
		a.called(payload)
	}
	return a
}

// metadata takes the one entry there is: Fabric keeps nothing but VALIDATION_PARAMETER there.
func (a *answer) metadata(payload []byte) {
	m := &peer.StateMetadataResult{}
	a.malformed = proto.Unmarshal(payload, m) != nil
	if len(m.Entries) > 0 {
		a.value = pointer(newBlob(m.Entries[0].GetValue()))
	}
}

func (a *answer) iterated(payload []byte) {
	m := &peer.QueryResponse{}
	if proto.Unmarshal(payload, m) != nil {
		a.malformed = true
		return
	}
	a.iterator, a.more = bounded(m.Id, maxText), m.HasMore
	a.results = pointer(len(m.Results))
	for _, result := range m.Results[:min(len(m.Results), maxKeys)] {
		// Those of a history are KeyModifications, with a value where a KV has its key: tell
		// leaves these out, as a QUERY_STATE_NEXT does not say what it reads on.
		kv := &queryresult.KV{}
		if proto.Unmarshal(result.ResultBytes, kv) == nil {
			a.keys = append(a.keys, bounded(kv.Key, maxText))
		}
	}
}

// called reads what another chaincode answered: its COMPLETED or ERROR, in a RESPONSE.
func (a *answer) called(payload []byte) {
	m, response := &peer.ChaincodeMessage{}, &peer.Response{}
	switch {
	case proto.Unmarshal(payload, m) != nil:
		a.malformed = true
	case m.Type != peer.ChaincodeMessage_COMPLETED:
		a.error = bounded(string(m.Payload), maxError)
	case proto.Unmarshal(m.Payload, response) != nil:
		a.malformed = true
	default:
		a.status, a.value = response.Status, pointer(newBlob(response.Payload))
		if response.Status >= 400 {
			a.error = bounded(response.Message, maxError)
		}
	}
}
