package session

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ccdev/ccdev/internal/devloop"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/topology"
)

// fakeRelay takes every generation live, and goes back to the one before when a test says so.
type fakeRelay struct {
	mu        sync.Mutex
	status    relay.Status
	delivered []int
}

func (f *fakeRelay) Swap(_ context.Context, p relay.Program) (relay.Swapped, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delivered = append(f.delivered, p.Generation)
	f.status.Live = p.Generation
	return relay.Swapped{Generation: p.Generation}, nil
}

func (f *fakeRelay) Status() relay.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *fakeRelay) Explain(string) {}

func (f *fakeRelay) Attend(relay.External) error { return nil }

func (f *fakeRelay) Unserved(txid string) relay.Unserved {
	switch txid {
	case "crashed":
		return relay.UnservedCrash
	case "absent":
		return relay.UnservedYet
	}
	return relay.Served
}

func (f *fakeRelay) GiveUp(txid string) bool { return txid == "hanging" }

// goBack is what a crash of the live generation does.
func (f *fakeRelay) goBack(to int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Generations = []relay.GenerationStatus{
		{Number: to, State: relay.Live},
		{Number: f.status.Live, State: relay.Crashed, Exit: &relay.Exit{Code: 2, How: "exit code 2", Log: []string{"panic: what a pity"}}},
	}
	f.status.Live = to
}

// relayed is a deployment whose chaincode has a fake relay, and the generations 1 and 2.
func relayed(t *testing.T) (*deployment, *fakeRelay) {
	t.Helper()
	fake := &fakeRelay{}
	dir, token := t.TempDir(), "a-token"
	server, err := control.New(control.Options{Relay: fake, Token: token, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	http := httptest.NewServer(server.Handler())
	t.Cleanup(http.Close)
	cc := network.Chaincode{
		Name: "basic", Service: "chaincode-basic", Relay: true, Control: network.Endpoint{Host: strings.TrimPrefix(http.URL, "http://")},
	}
	n := network.Network{Dir: dir, Chaincodes: []network.Chaincode{cc}}
	s := &Session{dir: dir, cacheDir: t.TempDir(), emit: event.Discard}
	d := &deployment{bringUp: &bringUp{Session: s, live: &live{net: n, rt: running{}}}, cc: cc, mode: relay.Server}
	if err := os.MkdirAll(n.ChaincodeDir(cc), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(n.TokenFile(cc), []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"old", "new"} {
		d.generation = next(t, n.ChaincodeDir(cc), content, false)
		if _, err := d.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return d, fake
}

// running is a runtime on which every service runs.
type running struct{ runtime.Runtime }

func (running) Services(context.Context) ([]runtime.Service, error) {
	return []runtime.Service{{Name: "chaincode-basic", State: runtime.Running}}, nil
}

func TestTheSameCodeAfterTheRelayWentBack(t *testing.T) {
	for name, tc := range map[string]struct {
		back bool
		want []int
	}{
		"nothing has happened":    {false, []int{1, 2}},
		"the relay has gone back": {true, []int{1, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			d, fake := relayed(t)
			if tc.back {
				fake.goBack(1)
			}
			program := filepath.Join(t.TempDir(), "kept")
			if err := os.WriteFile(program, []byte("new"), 0o700); err != nil {
				t.Fatal(err)
			}
			dev := &development{deployment: d, built: map[int]*pending{3: {program: program, mode: relay.Server}}}
			if err := dev.swap(t.Context(), devloop.Built{Generation: 3}, nil); err != nil {
				t.Fatal(err)
			}
			if live := fake.Status().Live; live != 2 || !slices.Equal(fake.delivered, tc.want) {
				t.Errorf("generation %d is live; the relay was given %v", live, fake.delivered)
			}
		})
	}
}

func TestAGenerationThatEndedRightAfterItWasLive(t *testing.T) {
	d, fake := relayed(t)
	if err := d.stillLive(t.Context()); err != nil {
		t.Errorf("it is live: %v", err)
	}
	fake.goBack(1)
	f := fault.From(d.stillLive(t.Context()))
	if f == nil || f.Kind != fault.Chaincode || f.Fix == "" || !slices.Equal(f.Log, []string{"panic: what a pity"}) {
		t.Fatalf("the fault is %#v", f)
	}
	for _, said := range []string{"generation 2", "basic", "generation 1"} {
		if !strings.Contains(f.What, said) {
			t.Errorf("%q does not name %s", f.What, said)
		}
	}
	d.generation = topology.Generation{}
	if err := d.stillLive(t.Context()); err != nil {
		t.Errorf("a newer one is live: %v", err)
	}
}

func TestTheStatusIsTheRelays(t *testing.T) {
	d, fake := relayed(t)
	fake.goBack(1)
	st := Status{
		Services:   []ServiceStatus{{Service: runtime.Service{Name: "orderer"}}, {Service: runtime.Service{Name: d.cc.Service}, Generation: 2}},
		Chaincodes: []ChaincodeStatus{{Name: d.cc.Name, Generation: 2}},
	}
	st.relayed(0, d.cc, askRelay(t.Context(), d.net, d.cc))
	if st.Chaincodes[0].Generation != 1 || st.Services[1].Generation != 1 || st.Services[0].Generation != 0 {
		t.Errorf("the chaincode is %+v, the services are %+v", st.Chaincodes[0], st.Services)
	}
}
