package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func TestList(t *testing.T) {
	all := []string{ofAlice, ofBob, initialized, "a1", "a2", "a3", "b1", "c\U0010FFFF", "c\U0010FFFFx", "d"}
	for name, c := range map[string]struct {
		query Query
		keys  []string
	}{
		"everything, composite keys too": {Query{}, all},
		"a prefix":                       {Query{Prefix: "a"}, []string{"a1", "a2", "a3"}},
		"the prefix is a key":            {Query{Prefix: "a1"}, []string{"a1"}},
		"a prefix of nothing":            {Query{Prefix: "zz"}, nil},
		"keys with the last character":   {Query{Prefix: "c"}, []string{"c\U0010FFFF", "c\U0010FFFFx"}},
		"a prefix that ends in it":       {Query{Prefix: "c\U0010FFFF"}, []string{"c\U0010FFFF", "c\U0010FFFFx"}},
		"composite keys of a type":       {Query{Prefix: CompositePrefix("owner~asset")}, []string{ofAlice, ofBob}},
		"and of an attribute":            {Query{Prefix: CompositePrefix("owner~asset", "bob")}, []string{ofBob}},
		"a range":                        {Query{Start: "a2", End: "b1"}, []string{"a2", "a3"}},
		"from a key on":                  {Query{Start: "b1"}, []string{"b1", "c\U0010FFFF", "c\U0010FFFFx", "d"}},
		"up to a key":                    {Query{End: "a2"}, []string{ofAlice, ofBob, initialized, "a1"}},
		"a range of nothing":             {Query{Start: "b", End: "a"}, nil},
		"a collection":                   {Query{Collection: "prices"}, []string{"p1", "p2", "p3", "p4", "p5"}},
		"a range of a collection":        {Query{Collection: "prices", Start: "p2", End: "p5"}, []string{"p2", "p3", "p4"}},
		"a prefix in a collection":       {Query{Collection: "prices", Prefix: "p3"}, []string{"p3"}},
		"an empty collection":            {Query{Collection: "empty"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for limit := 1; limit <= len(c.keys)+1; limit++ {
				q := c.query
				q.Limit = limit
				entries, pages := everything(t, newLedger(), q)
				var keys []string
				for _, e := range entries {
					keys = append(keys, e.Key)
					if string(e.Value) != "value of "+e.Key {
						t.Errorf("%q has the value %q", e.Key, e.Value)
					}
				}
				if d := cmp.Diff(c.keys, keys); d != "" {
					t.Fatalf("limit %d: %s", limit, d)
				}
				if want := max(1, (len(c.keys)+limit-1)/limit); pages != want {
					t.Errorf("limit %d took %d pages, not %d", limit, pages, want)
				}
			}
		})
	}
}

func TestCompositeKeys(t *testing.T) {
	for key, want := range map[string]*Composite{
		"a1":            nil,
		"":              nil,
		"\x00":          nil,
		initialized:     nil,
		ofAlice:         {"owner~asset", []string{"alice", "a1"}},
		"\x00type\x00":  {"type", []string{}},
		"\x00t\x00\x00": {"t", []string{""}},
	} {
		if d := cmp.Diff(want, composite(key)); d != "" {
			t.Errorf("%q: %s", key, d)
		}
	}
}

func TestTheFirstKeyAfterAPrefix(t *testing.T) {
	for prefix, want := range map[string]string{
		"a": "b", "\x00": "\x01", "é": "ê", "\uD7FF": "\uE000", "a\U0010FFFF": "b", "\U0010FFFF": "", "": "",
	} {
		if got := after(prefix); got != want {
			t.Errorf("%q: %q, not %q", prefix, got, want)
		}
	}
}

func TestKey(t *testing.T) {
	for name, c := range map[string]struct {
		query Query
		value string
	}{
		"public":    {Query{Key: "a1"}, "value of a1"},
		"private":   {Query{Key: "p1", Collection: "prices"}, "value of p1"},
		"composite": {Query{Key: ofBob}, "value of " + ofBob},
		"none":      {Query{Key: "x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, r := query(t, newLedger().ask, c.query)
			switch {
			case r.Status != 200 || p.More:
				t.Fatal(r, p)
			case c.value == "" && len(p.Entries) == 0:
				if !strings.Contains(string(r.Payload), `"entries":[]`) {
					t.Errorf("%s", r.Payload)
				}
			case len(p.Entries) != 1 || string(p.Entries[0].Value) != c.value || p.Entries[0].Key != c.query.Key:
				t.Errorf("%+v", p.Entries)
			case (p.Entries[0].Composite != nil) != (name == "composite"):
				t.Errorf("composite: %+v", p.Entries[0].Composite)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	for limit := 1; limit <= 6; limit++ {
		entries, _ := everything(t, newLedger(), Query{Key: "a1", History: true, Limit: limit})
		var told []string
		for _, e := range entries {
			told = append(told, fmt.Sprint(e.Key, " ", e.TxID, " ", string(e.Value), " ", e.IsDelete, " ", e.Time.Hour()))
		}
		want := []string{"a1 tx5 tx5 false 3", "a1 tx4 tx4 true 2", "a1 tx3 tx3 false 1", "a1 tx2 tx2 false 0", "a1 tx1 tx1 false 23"}
		if d := cmp.Diff(want, told); d != "" {
			t.Fatalf("limit %d: %s", limit, d)
		}
	}
}

func TestAPageIsBoundedByBytes(t *testing.T) {
	const limit = 100
	for _, collection := range []string{"", "private"} {
		l := &ledger{collections: map[string][]*queryresult.KV{collection: {
			{Key: "1", Value: make([]byte, limit/2)}, {Key: "2", Value: make([]byte, limit/2)},
			{Key: "3", Value: make([]byte, limit+1)}, {Key: "4", Value: []byte("x")}, {Key: "5", Value: []byte("y")},
		}}}
		var got []string
		for q := (Query{Collection: collection}); ; {
			args, err := EncodeQuery(q)
			if err != nil {
				t.Fatal(err)
			}
			p, err := run(t.Context(), l.ask, args, limit)
			if err != nil {
				t.Fatal(err)
			}
			keys := ""
			for _, e := range p.Entries {
				keys += e.Key
			}
			got = append(got, keys)
			if q.Bookmark = p.Bookmark; !p.More {
				break
			}
		}
		if d := cmp.Diff([]string{"1", "2", "3", "45"}, got); d != "" {
			t.Errorf("collection %q: %s", collection, d)
		}
		if len(l.iterators) > 0 {
			t.Error("an iterator was left open")
		}
	}
}

func TestFailures(t *testing.T) {
	answering := func(m *peer.ChaincodeMessage, err error) asker {
		return func(*peer.ChaincodeMessage) (*peer.ChaincodeMessage, error) { return m, err }
	}
	more := respond(&peer.QueryResponse{Id: "x", HasMore: true})
	stuck := respond(&peer.QueryResponse{Metadata: marshal(&peer.QueryResponseMetadata{Bookmark: "a"})})
	for name, c := range map[string]struct {
		ask  asker
		args []string
		want string
	}{
		"no query":             {newLedger().ask, nil, "takes one argument"},
		"too many arguments":   {newLedger().ask, []string{"{}", "{}"}, "was given 2"},
		"no JSON":              {newLedger().ask, []string{"a1"}, "is no query"},
		"key and prefix":       {newLedger().ask, []string{`{"key":"a","prefix":"b"}`}, "at once"},
		"prefix and range":     {newLedger().ask, []string{`{"prefix":"a","end":"b"}`}, "at once"},
		"history of all":       {newLedger().ask, []string{`{"history":true}`}, "of one key"},
		"private history":      {newLedger().ask, []string{`{"history":true,"key":"a","collection":"c"}`}, "no history"},
		"negative limit":       {newLedger().ask, []string{`{"limit":-1}`}, "limit is -1"},
		"unknown collection":   {newLedger().ask, []string{`{"key":"a","collection":"nope"}`}, "collection [nope] could not be found"},
		"unknown bookmark":     {newLedger().ask, []string{`{"key":"a","history":true,"bookmark":"tx9"}`}, `no transaction "tx9"`},
		"no answer":            {answering(nil, errors.New("gone")), []string{`{}`}, "GET_STATE_BY_RANGE was not answered: gone"},
		"nil answer":           {answering(nil, nil), []string{`{}`}, "answered with UNDEFINED"},
		"a wrong answer":       {answering(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_READY}, nil), []string{`{}`}, "answered with READY"},
		"garbage":              {answering(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, Payload: []byte{0xff}}, nil), []string{`{}`}, "cannot be read"},
		"endless iterator":     {answering(more, nil), []string{`{"collection":"c"}`}, "gives none"},
		"bookmark that stays":  {answering(stuck, nil), []string{`{"start":"a"}`}, "does not lead on"},
		"a key that is no key": {newLedger().ask, []string{`{"start":"\ud800"}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			args := [][]byte{[]byte(Function)}
			for _, a := range c.args {
				args = append(args, []byte(a))
			}
			r := answer(t.Context(), c.ask, args)
			if c.want == "" && r.Status == 200 {
				return
			}
			if r.Status != 500 || !strings.Contains(r.Message, c.want) || !strings.HasPrefix(r.Message, Function+": ") {
				t.Errorf("status %d, %q", r.Status, r.Message)
			}
		})
	}
}

func TestACancelledQueryAsksNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := newLedger()
	if r := answer(ctx, l.ask, [][]byte{nil, []byte("{}")}); r.Status != 500 || len(l.asked) != 0 {
		t.Errorf("%v, asked %v", r, l.asked)
	}
}

func TestOnlyTheReservedFunctionIsBuiltin(t *testing.T) {
	for _, f := range []string{"", "ccdev", "ccdev.State", "ccdev.state2", "GetState"} {
		if _, ok := Builtin(f); ok {
			t.Errorf("%q is", f)
		}
	}
}

func TestTheCommandLinesSide(t *testing.T) {
	var f *fault.Fault
	if _, err := EncodeQuery(Query{Key: "a", Prefix: "b"}); !errors.As(err, &f) || f.Kind != fault.Usage {
		t.Errorf("a wrong query: %v", err)
	}
	if _, err := DecodePage([]byte("no")); !errors.As(err, &f) || f.Kind != fault.Chaincode {
		t.Errorf("a wrong page: %v", err)
	}
	want := Query{Prefix: "\x00a", Collection: "c", Limit: 3, Bookmark: "\x00ab"}
	args, err := EncodeQuery(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Query
	if err := json.Unmarshal(args[1], &got); err != nil || got != want {
		t.Errorf("%s: %v", args[1], err)
	}
}

// FuzzAnswers has a peer answer anything: every query ends, with a page or an error.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"limit":2}`, marshal(&peer.QueryResponse{Metadata: marshal(&peer.QueryResponseMetadata{Bookmark: "b"})}), int32(13))
	f.Add(`{"collection":"c"}`, marshal(&peer.QueryResponse{HasMore: true, Id: "i", Results: []*peer.QueryResultBytes{{ResultBytes: marshal(pairs("k")[0])}}}), int32(13))
	f.Add(`{"history":true,"key":"k"}`, marshal(&peer.QueryResponse{Results: []*peer.QueryResultBytes{nil, {}}}), int32(13))
	f.Add(`{"key":"k"}`, []byte("refused"), int32(7))
	f.Fuzz(func(t *testing.T, query string, payload []byte, kind int32) {
		left := 50 // answers before the peer is gone
		ask := func(*peer.ChaincodeMessage) (*peer.ChaincodeMessage, error) {
			if left--; left < 0 {
				return nil, errors.New("gone")
			}
			return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_Type(kind), Payload: payload}, nil
		}
		r := answer(t.Context(), ask, [][]byte{[]byte(Function), []byte(query)})
		switch r.Status {
		case 200:
			if _, err := DecodePage(r.Payload); err != nil {
				t.Fatal(err)
			}
		case 500:
			if r.Message == "" {
				t.Fatal("it failed without a word")
			}
		default:
			t.Fatalf("status %d", r.Status)
		}
	})
}
