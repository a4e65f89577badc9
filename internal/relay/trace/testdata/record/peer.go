package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const batch = 2 // results in a message; a peer's is 100

func marshal(m proto.Message) []byte {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		log.Fatal(err)
	}
	return raw
}

func into[M proto.Message](raw []byte, m M) M {
	if err := proto.Unmarshal(raw, m); err != nil {
		log.Fatal(err)
	}
	return m
}

func ledger() map[string]map[string][]byte {
	return map[string]map[string][]byte{
		"": {
			"a1": []byte(`{"id":"a1","owner":"alice"}`), "a2": []byte(`{"id":"a2","owner":"bob"}`),
			"a3": []byte(`{"id":"a3","owner":"carol"}`), "a4": []byte("\xff\x00\x01"), "a5": []byte("five"),
			"\x00owner~asset\x00alice\x00a1\x00": {0}, "\x00owner~asset\x00bob\x00a2\x00": {0},
		},
		"prices": {
			"p1": []byte(`{"price":1111}`), "p2": []byte(`{"price":2222}`), "p3": []byte(`{"price":3333}`),
		},
	}
}

func (p *fakePeer) answer(m *peer.ChaincodeMessage) ([]byte, error) {
	switch m.Type {
	case peer.ChaincodeMessage_GET_STATE:
		q := into(m.Payload, &peer.GetState{})
		if _, ok := p.state[q.Collection]; !ok {
			return nil, fmt.Errorf("collection [%s] could not be found", q.Collection)
		}
		return p.state[q.Collection][q.Key], nil
	case peer.ChaincodeMessage_GET_PRIVATE_DATA_HASH:
		q := into(m.Payload, &peer.GetState{})
		sum := sha256.Sum256(p.state[q.Collection][q.Key])
		return sum[:], nil
	case peer.ChaincodeMessage_GET_STATE_MULTIPLE:
		q, r := into(m.Payload, &peer.GetStateMultiple{}), &peer.GetStateMultipleResult{}
		for _, k := range q.Keys {
			r.Values = append(r.Values, p.state[q.Collection][k])
		}
		return marshal(r), nil
	case peer.ChaincodeMessage_GET_STATE_METADATA:
		return marshal(&peer.StateMetadataResult{Entries: []*peer.StateMetadata{{Metakey: "VALIDATION_PARAMETER", Value: []byte("policy")}}}), nil
	case peer.ChaincodeMessage_GET_QUERY_RESULT:
		return p.query(into(m.Payload, &peer.GetQueryResult{}))
	case peer.ChaincodeMessage_GET_STATE_BY_RANGE:
		return p.byRange(into(m.Payload, &peer.GetStateByRange{})), nil
	case peer.ChaincodeMessage_GET_HISTORY_FOR_KEY:
		return p.iterate("history", history()), nil
	case peer.ChaincodeMessage_QUERY_STATE_NEXT:
		id := into(m.Payload, &peer.QueryStateNext{}).Id
		return p.iterate(id, p.iterators[id]), nil
	case peer.ChaincodeMessage_QUERY_STATE_CLOSE:
		return marshal(&peer.QueryResponse{Id: into(m.Payload, &peer.QueryStateClose{}).Id}), nil
	case peer.ChaincodeMessage_INVOKE_CHAINCODE:
		return p.invoke(into(m.Payload, &peer.ChaincodeSpec{}))
	default: // writes
		return nil, nil
	}
}

func (p *fakePeer) query(q *peer.GetQueryResult) ([]byte, error) {
	if q.Collection == "" {
		return nil, errors.New("ExecuteQuery not supported for leveldb")
	}
	return p.iterate("query", p.pairs(q.Collection, "", "")), nil
}

func (p *fakePeer) pairs(collection, start, end string) [][]byte {
	var all [][]byte
	for _, k := range sortedKeys(p.state[collection]) {
		if k >= start && (end == "" || k < end) {
			all = append(all, marshal(&queryresult.KV{Namespace: "basic", Key: k, Value: p.state[collection][k]}))
		}
	}
	return all
}

func (p *fakePeer) byRange(q *peer.GetStateByRange) []byte {
	if len(q.Metadata) == 0 || q.Collection != "" {
		return p.iterate("range", p.pairs(q.Collection, q.StartKey, q.EndKey))
	}
	page := into(q.Metadata, &peer.QueryMetadata{})
	all := p.pairs("", max(q.StartKey, page.Bookmark), q.EndKey)
	meta := &peer.QueryResponseMetadata{}
	if n := int(page.PageSize); len(all) > n {
		meta.Bookmark = into(all[n], &queryresult.KV{}).Key
		all = all[:n]
	}
	meta.FetchedRecordsCount = int32(len(all))
	r := &peer.QueryResponse{Id: "page", Metadata: marshal(meta)}
	for _, kv := range all {
		r.Results = append(r.Results, &peer.QueryResultBytes{ResultBytes: kv})
	}
	return marshal(r)
}

// iterate gives the next batch, and keeps what is left.
func (p *fakePeer) iterate(id string, all [][]byte) []byte {
	r := &peer.QueryResponse{Id: id, HasMore: len(all) > batch}
	n := min(len(all), batch)
	for _, kv := range all[:n] {
		r.Results = append(r.Results, &peer.QueryResultBytes{ResultBytes: kv})
	}
	if p.iterators == nil {
		p.iterators = map[string][][]byte{}
	}
	p.iterators[id] = all[n:]
	return marshal(r)
}

func history() [][]byte {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var all [][]byte
	for i, m := range []*queryresult.KeyModification{
		{TxId: "tx3", IsDelete: true},
		{TxId: "tx2", Value: []byte(`{"owner":"bob"}`)},
		{TxId: "tx1", Value: []byte(`{"owner":"alice"}`)},
	} {
		m.Timestamp = timestamppb.New(at.Add(-time.Duration(i) * time.Hour))
		all = append(all, marshal(m))
	}
	return all
}

func (p *fakePeer) invoke(s *peer.ChaincodeSpec) ([]byte, error) {
	if s.ChaincodeId.Name == "missing" {
		return nil, errors.New("make sure the chaincode missing has been successfully defined on channel mychannel and try again")
	}
	r := &peer.Response{Status: 200, Payload: []byte("rate: 42")}
	return marshal(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_COMPLETED, Payload: marshal(r)}), nil
}
