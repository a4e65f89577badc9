package session

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/google/go-cmp/cmp"
)

func TestTheLastCrash(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	panicked := relay.GenerationStatus{
		Number: 2, State: relay.Crashed, EndedAt: at, Fault: "its process ended (exit code 2)",
		Exit: &relay.Exit{Code: 2, How: "exit code 2", Log: []string{"panic: no", "main.main()"}},
	}
	told := &Crash{Exit: "exit code 2", Generation: 2, At: at, Log: []string{"panic: no", "main.main()"}}
	lives := func(n int) relay.GenerationStatus { return relay.GenerationStatus{Number: n, State: relay.Live} }
	stuck := panicked
	stuck.Fault, stuck.Exit = "it has read nothing for 5s", &relay.Exit{Code: -1, How: "signal: killed"}
	for name, tc := range map[string]struct {
		live int
		all  []relay.GenerationStatus
		want *Crash
	}{
		"none":                  {live: 2, all: []relay.GenerationStatus{{Number: 1, State: relay.Stopped}, lives(2)}},
		"nothing runs":          {all: []relay.GenerationStatus{{Number: 1, State: relay.Stopped}, panicked}, want: told},
		"it was started again":  {live: 2, all: []relay.GenerationStatus{panicked, lives(2)}, want: told},
		"the one before serves": {live: 1, all: []relay.GenerationStatus{lives(1), panicked}, want: told},
		"a newer one is live":   {live: 3, all: []relay.GenerationStatus{panicked, lives(3)}},
		"the last of two": {all: []relay.GenerationStatus{{Number: 2, State: relay.Crashed, Fault: "first"}, panicked},
			want: told},
		"the relay has ended it": {all: []relay.GenerationStatus{stuck},
			want: &Crash{Exit: "it has read nothing for 5s", Generation: 2, At: at}},
		"it could not be started": {all: []relay.GenerationStatus{{Number: 2, State: relay.Crashed, EndedAt: at, Fault: "no such file"}},
			want: &Crash{Exit: "no such file", Generation: 2, At: at}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, lastCrash(&relay.Status{Live: tc.live, Generations: tc.all})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Relays that accept and never answer are asked side by side, so that they cost no more than one.
func TestRelaysThatHang(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	asked := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			asked <- conn
		}
	}()
	n := network.Network{Dir: t.TempDir(), Orgs: []network.Org{{Peers: []network.Peer{{}}}}}
	st := Status{Chaincodes: make([]ChaincodeStatus, 3)}
	for _, name := range []string{"a", "b", "c"} {
		cc := network.Chaincode{Name: name, Relay: true, Control: network.Endpoint{Host: l.Addr().String()}}
		n.Chaincodes = append(n.Chaincodes, cc)
		if err := os.MkdirAll(filepath.Dir(n.TokenFile(cc)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(n.TokenFile(cc), []byte("token"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	(&Session{}).ask(t.Context(), &live{net: n}, nil, &st)
	for range n.Chaincodes {
		select {
		case conn := <-asked:
			_ = conn.Close() // it was only accepted
		case <-time.After(patience):
			t.Fatal("a relay was not asked, as another one had all the time")
		}
	}
}
