package session

import (
	"os"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
)

func TestModeOf(t *testing.T) {
	for name, tc := range map[string]struct {
		mode   string
		relay  bool
		serves bool
		mute   bool       // it cannot dial
		want   relay.Mode // none for a fault
	}{
		"one that serves":                      {relay: true, serves: true, want: relay.Server},
		"one that dials":                       {relay: true, want: relay.Client},
		"auto is the same as nothing":          {mode: "auto", relay: true, serves: true, want: relay.Server},
		"one that could serve, but is to dial": {mode: "client", relay: true, serves: true, want: relay.Client},
		"one that cannot serve, but is to":     {mode: "server", relay: true},
		"one that cannot dial, but is to":      {mode: "client", relay: true, serves: true, mute: true},
		"no relay, and it serves":              {serves: true, want: relay.Server},
		"no relay, and it dials":               {},
	} {
		t.Run(name, func(t *testing.T) {
			d := &deployment{cc: network.Chaincode{Mode: tc.mode, Relay: tc.relay}}
			got, err := d.modeOf(able{listens: tc.serves, dials: !tc.mute, learn: goLearns})
			if f := fault.From(err); tc.want == "" && (f == nil || f.Kind != fault.Usage || f.Fix == "") {
				t.Errorf("the fault is %#v", f)
			}
			if tc.want != "" && (got != tc.want || err != nil) {
				t.Errorf("%q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

func TestTheTokenIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	n := network.Network{Dir: t.TempDir()}
	cc := network.Chaincode{Name: "a"}
	var before string
	for range 2 {
		if err := ensureToken(n, cc); err != nil {
			t.Fatal(err)
		}
		token, err := os.ReadFile(n.TokenFile(cc))
		if err != nil || len(token) != 65 || before != "" && string(token) != before {
			t.Errorf("the token has %d bytes, or is another one (%v)", len(token), err)
		}
		before = string(token)
	}
	if info, err := os.Stat(n.TokenFile(cc)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v (%v)", info.Mode(), err)
	}
}
