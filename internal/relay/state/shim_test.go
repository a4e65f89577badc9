package state

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// TestTheShimAsksTheSame compares with what the Go shim sent for the same reads, and reads what
// was answered to it. testdata/queries.stream is made by ../trace/testdata/record.
func TestTheShimAsksTheSame(t *testing.T) {
	stream := recorded(t)[1:] // without the TRANSACTION
	next := 0
	replay := func(m *peer.ChaincodeMessage) (*peer.ChaincodeMessage, error) {
		// The shim closes what has no more, too.
		for stream[next].Type == peer.ChaincodeMessage_QUERY_STATE_CLOSE && m.Type != stream[next].Type {
			next += 2
		}
		asked, answer := stream[next], stream[next+1]
		next += 2
		if m.Type != asked.Type {
			t.Fatalf("message %d: %s, and the shim sent %s", next, m.Type, asked.Type)
		}
		if d := cmp.Diff(asked.Payload, m.Payload); d != "" {
			t.Errorf("message %d, %s: %s", next, m.Type, d)
		}
		if m.Txid != "" || m.ChannelId != "" {
			t.Error("the transaction is the relay's to fill in")
		}
		return answer, nil
	}
	for _, c := range []struct {
		query Query
		want  string // keys, or transactions
		fails bool
	}{
		{query: Query{Key: "a1"}, want: "a1"},
		{query: Query{Key: "none"}},
		{query: Query{Key: "p1", Collection: "prices"}, want: "p1"},
		{query: Query{Key: "p1", Collection: "nowhere"}, fails: true},
		{query: Query{Start: "a1", End: "a6", Limit: 2}, want: "a1 a2 more"},
		{query: Query{Start: "a1", End: "a6", Limit: 4, Bookmark: "a3"}, want: "a3 a4 a5"},
		{query: Query{Start: "\x00owner~asset\x00", End: "\x00owner~asset\x00\U0010FFFF"}, want: "\x00owner~asset\x00alice\x00a1\x00 \x00owner~asset\x00bob\x00a2\x00"},
		{query: Query{Collection: "prices", Start: "p1", End: "p9"}, want: "p1 p2 p3"},
		{query: Query{Collection: "prices", Start: "p1", End: "p9", Limit: 1}, want: "p1 more"},
		{query: Query{Key: "a1", History: true}, want: "tx3 tx2 tx1"},
	} {
		p, r := query(t, replay, c.query)
		var got []string
		for _, e := range p.Entries {
			got = append(got, max(e.TxID, strings.Repeat(e.Key, 1-min(len(e.TxID), 1))))
		}
		if p.More {
			got = append(got, "more")
		}
		if (r.Status != 200) != c.fails || strings.Join(got, " ") != c.want {
			t.Errorf("%+v: status %d, %q", c.query, r.Status, got)
		}
	}
	if stream[next].Type == peer.ChaincodeMessage_QUERY_STATE_CLOSE {
		next += 2
	}
	if left := stream[next:]; len(left) != 1 || left[0].Type != peer.ChaincodeMessage_COMPLETED {
		t.Errorf("%d messages of the shim were not asked", len(left))
	}
}

func recorded(t *testing.T) []*peer.ChaincodeMessage {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "queries.stream"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*peer.ChaincodeMessage
	for len(raw) > 0 {
		b, n := protowire.ConsumeBytes(raw[1:])
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m := &peer.ChaincodeMessage{}
		must(proto.Unmarshal(b, m))
		all, raw = append(all, m), raw[1+n:]
	}
	return all
}
