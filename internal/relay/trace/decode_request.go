package trace

import (
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// request is what a chaincode asked.
type request struct {
	malformed  bool
	collection string
	key        string
	iterator   string // of those that read on
	span       *Range
	query      *blob
	chaincode  string
	args       []blob
	value      *blob
	items      []item
	count      *int // of the items, kept or not
}

type item struct {
	kind            string
	collection, key string
	value           *blob
}

func (r *request) weight() int {
	sum := overhead + len(r.collection) + len(r.key) + len(r.chaincode) + weights(r.args)
	if r.span != nil {
		sum += len(r.span.Start) + len(r.span.End)
	}
	for _, b := range []*blob{r.query, r.value} {
		if b != nil {
			sum += b.weight()
		}
	}
	for _, i := range r.items {
		sum += 64 + len(i.collection) + len(i.key)
		if i.value != nil {
			sum += i.value.weight()
		}
	}
	return sum
}

// read unmarshals a payload and takes from it; a payload that is none leaves r malformed.
func read[M proto.Message](r *request, payload []byte, m M, take func(M)) {
	if err := proto.Unmarshal(payload, m); err != nil {
		r.malformed = true
		return
	}
	take(m)
}

// decodeRequest knows the requests of fabric-protos-go-apiv2 v0.3.7 (peer/chaincode_shim.proto);
// of any other it tells nothing.
func decodeRequest(kind peer.ChaincodeMessage_Type, payload []byte) *request {
	r := &request{}
	if decode := requests[kind]; decode != nil {
		decode(r, payload)
	}
	return r
}

var requests = map[peer.ChaincodeMessage_Type]func(*request, []byte){
	peer.ChaincodeMessage_GET_STATE:             readKey,
	peer.ChaincodeMessage_GET_PRIVATE_DATA_HASH: readKey,
	peer.ChaincodeMessage_PUT_STATE: func(r *request, p []byte) {
		read(r, p, &peer.PutState{}, func(m *peer.PutState) {
			r.at(m.Collection, m.Key)
			r.value = pointer(newBlob(m.Value))
		})
	},
	peer.ChaincodeMessage_DEL_STATE: func(r *request, p []byte) {
		read(r, p, &peer.DelState{}, func(m *peer.DelState) { r.at(m.Collection, m.Key) })
	},
	peer.ChaincodeMessage_PURGE_PRIVATE_DATA: func(r *request, p []byte) {
		read(r, p, &peer.PurgePrivateState{}, func(m *peer.PurgePrivateState) { r.at(m.Collection, m.Key) })
	},
	peer.ChaincodeMessage_GET_STATE_METADATA: func(r *request, p []byte) {
		read(r, p, &peer.GetStateMetadata{}, func(m *peer.GetStateMetadata) { r.at(m.Collection, m.Key) })
	},
	peer.ChaincodeMessage_PUT_STATE_METADATA: func(r *request, p []byte) {
		read(r, p, &peer.PutStateMetadata{}, func(m *peer.PutStateMetadata) {
			r.at(m.Collection, m.Key)
			r.value = pointer(newBlob(m.GetMetadata().GetValue()))
		})
	},
	peer.ChaincodeMessage_GET_STATE_BY_RANGE: func(r *request, p []byte) {
		read(r, p, &peer.GetStateByRange{}, func(m *peer.GetStateByRange) {
			r.at(m.Collection, "")
			r.span = &Range{bounded(m.StartKey, maxText), bounded(m.EndKey, maxText)}
		})
	},
	peer.ChaincodeMessage_GET_QUERY_RESULT: func(r *request, p []byte) {
		read(r, p, &peer.GetQueryResult{}, func(m *peer.GetQueryResult) {
			r.at(m.Collection, "")
			r.query = pointer(newBlob([]byte(m.Query)))
		})
	},
	peer.ChaincodeMessage_GET_HISTORY_FOR_KEY: func(r *request, p []byte) {
		read(r, p, &peer.GetHistoryForKey{}, func(m *peer.GetHistoryForKey) { r.at("", m.Key) })
	},
	peer.ChaincodeMessage_QUERY_STATE_NEXT: func(r *request, p []byte) {
		read(r, p, &peer.QueryStateNext{}, func(m *peer.QueryStateNext) { r.iterator = bounded(m.Id, maxText) })
	},
	peer.ChaincodeMessage_QUERY_STATE_CLOSE: func(r *request, p []byte) {
		read(r, p, &peer.QueryStateClose{}, func(m *peer.QueryStateClose) { r.iterator = bounded(m.Id, maxText) })
	},
	peer.ChaincodeMessage_INVOKE_CHAINCODE: func(r *request, p []byte) {
		read(r, p, &peer.ChaincodeSpec{}, func(m *peer.ChaincodeSpec) {
			r.chaincode = bounded(m.GetChaincodeId().GetName(), maxText)
			r.args, _ = newBlobs(m.GetInput().GetArgs())
		})
	},
	peer.ChaincodeMessage_WRITE_BATCH_STATE: func(r *request, p []byte) {
		read(r, p, &peer.WriteBatchState{}, func(m *peer.WriteBatchState) { r.batch(m.Rec) })
	},
	peer.ChaincodeMessage_GET_STATE_MULTIPLE: func(r *request, p []byte) {
		read(r, p, &peer.GetStateMultiple{}, func(m *peer.GetStateMultiple) {
			r.at(m.Collection, "")
			r.count = pointer(len(m.Keys))
			for _, k := range m.Keys[:min(len(m.Keys), maxItems)] {
				r.items = append(r.items, item{collection: r.collection, key: bounded(k, maxText)})
			}
		})
	},
}

func readKey(r *request, p []byte) {
	read(r, p, &peer.GetState{}, func(m *peer.GetState) { r.at(m.Collection, m.Key) })
}

func (r *request) at(collection, key string) {
	r.collection, r.key = bounded(collection, maxText), bounded(key, maxText)
}

func (r *request) batch(all []*peer.WriteRecord) {
	r.count = pointer(len(all))
	for _, w := range all[:min(len(all), maxItems)] {
		i := item{kind: w.Type.String(), collection: bounded(w.Collection, maxText), key: bounded(w.Key, maxText)}
		switch w.Type {
		case peer.WriteRecord_PUT_STATE:
			i.value = pointer(newBlob(w.Value))
		case peer.WriteRecord_PUT_STATE_METADATA:
			i.value = pointer(newBlob(w.GetMetadata().GetValue()))
		}
		r.items = append(r.items, i)
	}
}

func pointer[T any](v T) *T { return &v }
