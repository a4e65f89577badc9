package tui

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/session"
)

// A transaction is copied as a command that a shell takes as it is.
func TestCopiedCalls(t *testing.T) {
	d := newDesk(t, 80, 24)
	traceable(d)
	tx := again{Trace: d.fake.traces[0]}
	submitted := tx
	submitted.submitted = true
	other := submitted
	other.Transient = nil
	other.Again = session.Again{As: "alice@Org2", Org: "Org2", MSPDir: "/a b/msp", Endorsers: []session.Endorser{{Address: "127.0.0.1:1", RootCert: "/a/ca.crt"}, {Address: "127.0.0.1:2", RootCert: "/b c/ca.crt"}}}
	composite := other
	composite.Args = []trace.Value{{Size: 3, Text: "\x00a\x00"}}
	for name, c := range map[string]struct {
		as   func(again) string
		call again
		want string
	}{
		"ccdev invoke": {ccdevCall, submitted, `ccdev invoke -n assets --transient 'a=…' --transient 'b=…' -- UpdateAsset asset1 'b'\''"b'`},
		"ccdev query":  {ccdevCall, tx, `ccdev query -n assets --transient 'a=…' --transient 'b=…' -- UpdateAsset asset1 'b'\''"b'`},
		"peer query": {peerCall, tx, `eval "$(ccdev env)"; peer chaincode query --transient '{"a":"…","b":"…"}'` +
			` -C mychannel -n assets -c '{"Args":["UpdateAsset","asset1","b'\''\"b"]}'`},
		"ccdev by somebody else": {ccdevCall, other, `ccdev invoke -n assets --as alice@Org2 -- UpdateAsset asset1 'b'\''"b'`},
		"peer by somebody else, with two peers": {peerCall, other, `eval "$(ccdev env --org Org2)"; CORE_PEER_MSPCONFIGPATH='/a b/msp' peer chaincode invoke` +
			` -o "$ORDERER_ADDRESS" --tls --cafile "$ORDERER_CA" --peerAddresses 127.0.0.1:1 --tlsRootCertFiles /a/ca.crt` +
			` --peerAddresses 127.0.0.1:2 --tlsRootCertFiles '/b c/ca.crt' -C mychannel -n assets -c '{"Args":["UpdateAsset","asset1","b'\''\"b"]}'`},
		"an argument that no program can be given": {ccdevCall, composite, `ccdev invoke -n assets --as alice@Org2 -c '{"Args":["UpdateAsset","\u0000a\u0000"]}'`},
	} {
		if got := c.as(c.call); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	d.fake.again = other.Again
	d.press("3", "Y")
	d.shows("copied the call: put in its transient")
	if !strings.Contains(d.clip, "--peerAddresses 127.0.0.1:1") || !d.fake.was("again  true") {
		t.Errorf("Y copies %q", d.clip)
	}
	d.fake.traces = nil
	d.press("y")
	d.shows("does not know the transaction any more")
}

// What cannot be written as a command is not copied as another call.
func TestCallsThatCannotBeCopied(t *testing.T) {
	for says, spoil := range map[string]func(*trace.Trace){
		"argument 2 is 2 bytes that are no text": func(t *trace.Trace) { t.Args[1] = trace.Value{Size: 2, Base64: "/wA="} },
		"argument 1 has 99999 bytes":             func(t *trace.Trace) { t.Args[0] = trace.Value{Size: 99999, Text: "a", Truncated: true} },
		"it has 12 arguments":                    func(t *trace.Trace) { t.ArgsOmitted = 10 },
		"the name of its function":               func(t *trace.Trace) { t.Function = "\uFFFD" },
	} {
		d := newDesk(t, 120, 40)
		traceable(d)
		spoil(&d.fake.traces[0])
		for _, key := range []string{"y", "Y"} {
			d.press("3", key)
			d.shows(says)
			if d.clip != "" {
				t.Errorf("%s: %s copies %q", says, key, d.clip)
			}
			d.press("esc")
		}
	}
}
