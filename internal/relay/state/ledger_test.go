package state

import (
	"errors"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// ledger answers as a peer does (core/chaincode/handler.go), in batches of two.
type ledger struct {
	collections map[string][]*queryresult.KV // "" is the public state; in the order of keys
	changes     []*queryresult.KeyModification

	asked     []peer.ChaincodeMessage_Type
	iterators map[string][][]byte // those that are open
}

func (l *ledger) ask(m *peer.ChaincodeMessage) (*peer.ChaincodeMessage, error) {
	l.asked = append(l.asked, m.Type)
	switch m.Type {
	case peer.ChaincodeMessage_GET_STATE:
		return l.get(into(m, &peer.GetState{})), nil
	case peer.ChaincodeMessage_GET_STATE_BY_RANGE:
		return l.byRange(into(m, &peer.GetStateByRange{})), nil
	case peer.ChaincodeMessage_GET_HISTORY_FOR_KEY:
		var all [][]byte
		for _, c := range l.changes {
			all = append(all, marshal(c))
		}
		return l.batch("history", all), nil
	case peer.ChaincodeMessage_QUERY_STATE_NEXT:
		id := into(m, &peer.QueryStateNext{}).Id
		rest, open := l.iterators[id]
		if !open {
			return refuse("query iterator not found"), nil
		}
		return l.batch(id, rest), nil
	case peer.ChaincodeMessage_QUERY_STATE_CLOSE:
		delete(l.iterators, into(m, &peer.QueryStateClose{}).Id)
		return respond(&peer.QueryResponse{}), nil
	}
	return nil, errors.New("not a read")
}

func (l *ledger) get(q *peer.GetState) *peer.ChaincodeMessage {
	pairs, ok := l.collections[q.Collection]
	if !ok {
		return refuse("collection [" + q.Collection + "] could not be found")
	}
	answer := &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE}
	for _, kv := range pairs {
		if kv.Key == q.Key {
			answer.Payload = kv.Value
		}
	}
	return answer
}

func (l *ledger) byRange(q *peer.GetStateByRange) *peer.ChaincodeMessage {
	page := &peer.QueryMetadata{}
	must(proto.Unmarshal(q.Metadata, page))
	start := q.StartKey
	if page.Bookmark != "" {
		start = page.Bookmark
	}
	var pairs []*queryresult.KV
	for _, kv := range l.collections[q.Collection] {
		if kv.Key >= start && (q.EndKey == "" || kv.Key < q.EndKey) {
			pairs = append(pairs, kv)
		}
	}
	// A peer has no pages of private data.
	if page.PageSize == 0 || q.Collection != "" {
		var all [][]byte
		for _, kv := range pairs {
			all = append(all, marshal(kv))
		}
		return l.batch("range", all)
	}
	r, meta := &peer.QueryResponse{}, &peer.QueryResponseMetadata{}
	for i, kv := range pairs {
		if i == int(page.PageSize) {
			meta.Bookmark = kv.Key
			break
		}
		r.Results = append(r.Results, &peer.QueryResultBytes{ResultBytes: marshal(kv)})
	}
	r.Metadata = marshal(meta)
	return respond(r)
}

func (l *ledger) batch(id string, all [][]byte) *peer.ChaincodeMessage {
	r := &peer.QueryResponse{Id: id, HasMore: len(all) > 2}
	n := min(len(all), 2)
	for _, raw := range all[:n] {
		r.Results = append(r.Results, &peer.QueryResultBytes{ResultBytes: raw})
	}
	if l.iterators == nil {
		l.iterators = map[string][][]byte{}
	}
	delete(l.iterators, id)
	if r.HasMore {
		l.iterators[id] = all[n:]
	}
	return respond(r)
}

func respond(m proto.Message) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, Payload: marshal(m)}
}

func refuse(why string) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_ERROR, Payload: []byte(why)}
}

func marshal(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	must(err)
	return raw
}

func into[M proto.Message](msg *peer.ChaincodeMessage, m M) M {
	must(proto.Unmarshal(msg.Payload, m))
	return m
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func pairs(keys ...string) []*queryresult.KV {
	var all []*queryresult.KV
	for _, k := range keys {
		all = append(all, &queryresult.KV{Namespace: "basic", Key: k, Value: []byte("value of " + k)})
	}
	return all
}

const (
	initialized = "\x00\U0010FFFFinitialized" // the peer's own (core/chaincode/chaincode_support.go)
	ofAlice     = "\x00owner~asset\x00alice\x00a1\x00"
	ofBob       = "\x00owner~asset\x00bob\x00a2\x00"
)

func newLedger() *ledger {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := &ledger{collections: map[string][]*queryresult.KV{
		"":       pairs(ofAlice, ofBob, initialized, "a1", "a2", "a3", "b1", "c\U0010FFFF", "c\U0010FFFFx", "d"),
		"prices": pairs("p1", "p2", "p3", "p4", "p5"),
		"empty":  nil,
	}}
	for i, id := range []string{"tx5", "tx4", "tx3", "tx2", "tx1"} {
		l.changes = append(l.changes, &queryresult.KeyModification{
			TxId: id, Value: []byte(id), IsDelete: i == 1, Timestamp: timestamppb.New(at.Add(-time.Duration(i) * time.Hour)),
		})
	}
	return l
}

func query(t *testing.T, ask asker, q Query) (Page, *peer.Response) {
	t.Helper()
	args, err := EncodeQuery(q)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := Builtin(string(args[0]))
	if !ok {
		t.Fatalf("%q is not builtin", args[0])
	}
	r := f(t.Context(), ask, args)
	if r.Status != 200 {
		return Page{}, r
	}
	p, err := DecodePage(r.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return p, r
}

// everything reads page after page, and counts them.
func everything(t *testing.T, l *ledger, q Query) (entries []Entry, pages int) {
	t.Helper()
	for {
		p, r := query(t, l.ask, q)
		if r.Status != 200 {
			t.Fatal(r.Message)
		}
		if len(l.iterators) > 0 {
			t.Fatalf("%d iterators were left open", len(l.iterators))
		}
		entries, pages = append(entries, p.Entries...), pages+1
		if p.More != (p.Bookmark != "") {
			t.Fatalf("more: %v, bookmark: %q", p.More, p.Bookmark)
		}
		if !p.More {
			return entries, pages
		}
		if len(p.Entries) != q.Limit {
			t.Fatalf("a page that is not the last has %d entries, not %d", len(p.Entries), q.Limit)
		}
		q.Bookmark = p.Bookmark
	}
}
