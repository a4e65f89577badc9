package trace

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/golden"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

var names = []string{"create", "reads", "private", "batch", "refused", "init", "binary", "called"}

// TestTraces has all there is in what the shim said. The golden files are read by a person once.
func TestTraces(t *testing.T) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) { golden.Check(t, name+".json", asJSON(t, played(t, name, Options{}))) })
	}
}

func TestWaterfalls(t *testing.T) {
	for _, name := range names {
		for width, label := range map[int]string{40: "40", 80: "80", 120: "120"} {
			t.Run(name+" "+label, func(t *testing.T) {
				var b strings.Builder
				tr := played(t, name, Options{})
				if err := Waterfall(&b, tr, width, false); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, name+"."+label+".txt", b.String())
				var colored strings.Builder
				if err := Waterfall(&colored, tr, width, true); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(b.String(), ansi.Strip(colored.String())); d != "" {
					t.Errorf("colours change the text: %s", d)
				}
				if !strings.Contains(colored.String(), "\x1b[") {
					t.Error("there are no colours")
				}
			})
		}
	}
}

func TestLines(t *testing.T) {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(Line(played(t, name, Options{})) + "\n")
	}
	b.WriteString(Line(Trace{Start: began, TxID: "abc", Function: "Hang", Peer: "peer0.org1", Generation: 2, Running: true, Duration: 12 * time.Second}) + "\n")
	golden.Check(t, "lines.txt", b.String())
}

// secrets are what the transaction "private" was given, wrote and read.
var secrets = regexp.MustCompile(`1111|2222|3333|4444`)

func TestPrivateDataIsHiddenUnlessRevealed(t *testing.T) {
	tr := played(t, "private", Options{})
	var b strings.Builder
	if err := Waterfall(&b, tr, 500, false); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"JSON": asJSON(t, tr), "waterfall": b.String(), "line": Line(tr)} {
		if found := secrets.FindString(text); found != "" {
			t.Errorf("%s shows %q", what, found)
		}
	}
	if v := tr.Transient["price"]; v.Size != 14 || len(v.SHA256) != 64 || !v.Hidden {
		t.Errorf("transient: %+v", v)
	}
	revealed := asJSON(t, played(t, "private", Options{Reveal: true}))
	for _, secret := range []string{"1111", "2222", "3333", "4444"} {
		if !strings.Contains(revealed, secret) {
			t.Errorf("%s is not revealed", secret)
		}
	}
	batch := asJSON(t, played(t, "batch", Options{}))
	if strings.Contains(batch, "9999") || !strings.Contains(batch, `"one"`) {
		t.Errorf("of a batch, the private values and no other are hidden: %s", batch)
	}
}

// A chaincode that reads private data may answer with it, whoever calls it.
func TestAResultMayRepeatWhatWasRead(t *testing.T) {
	all := recorded(t, "private")
	all[0].msg.Proposal = nil // and with it the transient values
	r := New(Config{})
	play(r, "p", all)
	if tr := only(t, r, Options{}); !tr.Result.Payload.Hidden || !tr.Event.Payload.Hidden || tr.Transient != nil {
		t.Errorf("%+v, %+v", tr.Result, tr.Event)
	}
	if tr := only(t, r, Options{Reveal: true}); tr.Result.Payload.Text == "" || tr.Event.Payload.Text == "" {
		t.Errorf("%+v, %+v", tr.Result, tr.Event)
	}
}

// A history's results have a value where those of a range have a key.
func TestAHistoryHasNoKeys(t *testing.T) {
	r := New(Config{})
	change := &peer.QueryResultBytes{ResultBytes: marshal(&queryresult.KeyModification{TxId: "t1", Value: []byte("a value")})}
	batch := marshal(&peer.QueryResponse{Id: "i", HasMore: true, Results: []*peer.QueryResultBytes{change}})
	r.Begin(began, "p", 1, tx("t"))
	for _, asked := range []*peer.ChaincodeMessage{
		{Type: peer.ChaincodeMessage_GET_HISTORY_FOR_KEY, Payload: marshal(&peer.GetHistoryForKey{Key: "k"})},
		{Type: peer.ChaincodeMessage_QUERY_STATE_NEXT, Payload: marshal(&peer.QueryStateNext{Id: "i"})},
	} {
		asked.Txid, asked.ChannelId = "t", "mychannel"
		r.Message(began, "p", true, asked)
		r.Message(began, "p", false, response("t", batch))
	}
	for _, q := range only(t, r, Options{}).Requests {
		if q.Key != "k" || q.Keys != nil || q.Results == nil || *q.Results != 1 || !q.More {
			t.Errorf("%+v", q)
		}
	}
}

// What GET_PRIVATE_DATA_HASH gives is public, and is the SHA-256 that the hidden value has.
func TestAPrivateDataHashIsShown(t *testing.T) {
	requests := played(t, "private", Options{}).Requests
	value, hash := requests[0].Value, requests[1].Value
	raw, err := base64.StdEncoding.DecodeString(hash.Base64)
	if err != nil || value.SHA256 != hex.EncodeToString(raw) {
		t.Errorf("value: %+v, hash: %+v", value, hash)
	}
}

func TestAResultIsShownWhenNothingSecretWasRead(t *testing.T) {
	for _, name := range []string{"create", "reads", "batch", "called"} {
		if r := played(t, name, Options{}).Result; r == nil || r.Payload.Hidden {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestLargeMessages(t *testing.T) {
	tr := played(t, "large", Options{})
	if len(tr.Requests) != 1 || tr.Requests[0].Value == nil || tr.Result == nil || len(tr.Args) != 1 {
		t.Fatalf("%+v", tr)
	}
	for what, v := range map[string]Value{"argument": tr.Args[0], "value": *tr.Requests[0].Value, "result": tr.Result.Payload} {
		if v.Size != 6*11<<10 || len(v.SHA256) != 64 || len(v.Text) != headSize || !v.Truncated {
			t.Errorf("%s: %d bytes, sha256 %q, %d of text", what, v.Size, v.SHA256, len(v.Text))
		}
	}
	if tr.Requests[0].Key != "big" || tr.Requests[0].RequestSize < tr.Requests[0].Value.Size {
		t.Errorf("%+v", tr.Requests[0])
	}
}

// A large message is told the same before and after it was reduced.
func TestReducingChangesNothing(t *testing.T) {
	for _, name := range append([]string{"large"}, names...) {
		all := recorded(t, name)
		at := slot{kind: all[0].msg.Type, msg: all[0].msg}
		for i, s := range all {
			at = slot{kind: s.msg.Type, size: len(s.msg.Payload), msg: s.msg}
			var asked peer.ChaincodeMessage_Type
			if i > 0 {
				asked = all[i-1].msg.Type
			}
			c := at.decode(asked)
			again := slot{kind: at.kind, size: at.size, content: c}.decode(asked)
			if c == nil || again != c || c.weight() < overhead {
				t.Errorf("%s, message %d: %v, then %v", name, i, c, again)
			}
		}
	}
}

func TestValues(t *testing.T) {
	long := bytes.Repeat([]byte("é"), maxValue)
	for name, c := range map[string]struct {
		bytes []byte
		want  Value
	}{
		"nothing":  {nil, Value{}},
		"text":     {[]byte("ключ"), Value{Size: 8, Text: "ключ"}},
		"no text":  {[]byte{0xff, 0}, Value{Size: 2, Base64: "/wA="}},
		"the most": {make([]byte, maxValue), Value{Size: maxValue, Text: strings.Repeat("\x00", maxValue)}},
		"a cut rune": {append([]byte("x"), long...), Value{
			Size: len(long) + 1, Text: "x" + strings.Repeat("é", headSize/2-1), Truncated: true,
			SHA256: fmt.Sprintf("%x", sha256.Sum256(append([]byte("x"), long...))),
		}},
	} {
		got := newBlob(c.bytes).value(false)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// nasty would clear the screen, set the title, ring, and write backwards.
const nasty = "\x1b[2J\x1b]0;title\x07\a\r\nnext\u202eback\u0085\x9b31m\xff"

func TestNothingMovesTheCursor(t *testing.T) {
	v := Value{Size: 5, Text: nasty, SHA256: nasty}
	n := 3
	tr := Trace{
		TxID: nasty, Channel: nasty, Chaincode: nasty, CalledBy: nasty, Function: nasty, Args: []Value{v},
		Caller: Caller{nasty, nasty}, Peer: nasty, Start: began, Transient: map[string]Value{nasty: v},
		Result: &Result{Status: 500, Message: nasty, Payload: v}, Error: nasty, Event: &Event{nasty, v}, Running: true,
		Requests: []Request{
			{Type: nasty, Key: nasty, Collection: nasty, Error: nasty, Value: &v},
			{Type: "A", Range: &Range{nasty, nasty}, Results: &n, Keys: []string{nasty, "\x00" + nasty + "\x00b\x00"}},
			{Type: "B", Query: &v, Items: []Item{{nasty, nasty, nasty, &v}}},
			{Type: "C", Chaincode: nasty, Function: nasty, Args: []Value{v}},
		},
	}
	var b strings.Builder
	if err := Waterfall(&b, tr, 200, false); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{b.String(), Line(tr)} {
		checkPrintable(t, text)
	}
}

func checkPrintable(t testing.TB, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool {
		return r != '\n' && r < ' ' || r >= 0x7f && r <= 0x9f || r == '\u202e'
	}); i >= 0 {
		t.Errorf("at %d: %q", i, text[max(0, i-20):min(len(text), i+20)])
	}
}

func TestNoLineIsWiderThanAsked(t *testing.T) {
	for _, name := range append([]string{"large"}, names...) {
		tr := played(t, name, Options{Reveal: true})
		tr.Args = append(tr.Args, Value{Text: strings.Repeat("広い", 100)})
		tr.Error = strings.Repeat("🚢", 300)
		for width := 1; width < 160; width += 3 {
			var b strings.Builder
			if err := Waterfall(&b, tr, width, true); err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(b.String(), "\n") {
				if w := ansi.StringWidth(line); w > width {
					t.Fatalf("%s at %d: %d columns: %q", name, width, w, line)
				}
			}
		}
	}
}

func TestBars(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		request Request
		total   time.Duration
		want    string
	}{
		"the whole":        {Request{Duration: 10 * ms}, 10 * ms, "██████████"},
		"the second half":  {Request{At: 5 * ms, Duration: 5 * ms}, 10 * ms, "     █████"},
		"too short to see": {Request{At: 3 * ms, Duration: 1}, 10 * ms, "   █      "},
		"at the very end":  {Request{At: 10 * ms}, 10 * ms, "         █"},
		"open":             {Request{At: 8 * ms, Unanswered: true}, 10 * ms, "        ██"},
		"no time at all":   {Request{}, 0, "█         "},
		"a clock set back": {Request{At: -5 * ms, Duration: -ms}, 10 * ms, "█         "},
	} {
		if got := bar(c.request, c.total, 10); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// FuzzDecode has a chaincode and a peer say anything: it is told, and can be printed.
func FuzzDecode(f *testing.F) {
	for _, name := range names {
		all := recorded(f, name)
		for i := 1; i+1 < len(all); i += 2 {
			f.Add(int32(all[i].msg.Type), all[i].msg.Payload, all[i+1].msg.Payload, all[0].msg.Payload, all[0].msg.Proposal.ProposalBytes, int32(all[len(all)-1].msg.Type))
		}
	}
	f.Fuzz(func(t *testing.T, kind int32, asked, answered, input, proposal []byte, last int32) {
		r := New(Config{})
		r.Begin(began, "peer", 1, &peer.ChaincodeMessage{
			Type: peer.ChaincodeMessage_TRANSACTION, Txid: "t", Payload: input, Proposal: &peer.SignedProposal{ProposalBytes: proposal},
		})
		r.Message(began, "peer", true, &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_Type(kind), Txid: "t", Payload: asked})
		r.Message(began, "peer", false, &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, Txid: "t", Payload: answered})
		r.Message(began, "peer", true, &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_Type(last), Txid: "t", Payload: answered})
		r.work.Wait()
		for _, tr := range r.List(0, Options{}) {
			asJSON(t, tr)
			var b strings.Builder
			if err := Waterfall(&b, tr, 80, false); err != nil {
				t.Fatal(err)
			}
			checkPrintable(t, b.String()+Line(tr))
		}
	})
}
