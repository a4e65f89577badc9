package session

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// down is a session on a network of plain processes, none of which runs, with the events that it emits.
func down(t *testing.T) (*Session, project.Project, *[]event.Event) {
	t.Helper()
	var events []event.Event
	s, err := Open(Options{Dir: t.TempDir(), CacheDir: t.TempDir(), Getenv: func(string) string { return "" }, Events: func(e event.Event) {
		events = append(events, e)
	}})
	if err != nil {
		t.Fatal(err)
	}
	p := project.Project{
		Dir: s.dir, Name: "assets", Runtime: project.RuntimeProcess,
		Chaincodes: []project.Chaincode{{Name: "basic", Label: "basic_1.0", Path: s.dir}},
	}
	n, _, _, err := s.definite(t.Context(), p, s.claimPorts)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Save(); err != nil {
		t.Fatal(err)
	}
	return s, p, &events
}

// again prepares the next up.
func again(t *testing.T, s *Session, p project.Project) network.Network {
	t.Helper()
	u, first, err := s.prepare(t.Context(), p)
	if err != nil || first {
		t.Fatalf("the first: %t, %v", first, err)
	}
	return u.net
}

func occupy(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

func TestAPortThatSomebodyTookIsGivenUp(t *testing.T) {
	s, p, events := down(t)
	was := again(t, s, p)
	*events = nil
	occupy(t, was.Chaincodes[0].Control.Host)
	occupy(t, was.Peers()[0].Endpoint.Host)
	is := again(t, s, p)
	if is.Chaincodes[0].Control == was.Chaincodes[0].Control {
		t.Errorf("the relay is still to listen at %s", was.Chaincodes[0].Control.Host)
	}
	if is.Chaincodes[0].Endpoint != was.Chaincodes[0].Endpoint {
		t.Errorf("the chaincode, whose port is free, has moved from %v to %v", was.Chaincodes[0].Endpoint, is.Chaincodes[0].Endpoint)
	}
	if is.Peers()[0].Endpoint != was.Peers()[0].Endpoint {
		t.Errorf("the peer has moved from %v to %v, and the others do not know", was.Peers()[0].Endpoint, is.Peers()[0].Endpoint)
	}
	if told := fmt.Sprint(*events); len(*events) != 2 || (*events)[0].Name() != "begun" || !strings.Contains(told, "chaincode-basic-control") {
		t.Errorf("it told %s", told)
	}
	if later := again(t, s, p); later.Chaincodes[0].Endpoint != is.Chaincodes[0].Endpoint {
		t.Errorf("the next time it has moved once more")
	}
}

func TestAPortThatTheUserAskedForIsKept(t *testing.T) {
	s, p, events := down(t)
	was := again(t, s, p).Uses()
	*events = nil
	for _, u := range was {
		if u.Name == "chaincode-basic" {
			p.Ports = map[string]int{u.Name: u.Port}
			occupy(t, fmt.Sprintf("127.0.0.1:%d", u.Port))
		}
	}
	if is := again(t, s, p).Uses(); fmt.Sprint(is) != fmt.Sprint(was) || len(*events) != 1 {
		t.Errorf("the ports were %v and are %v; it told %v", was, is, *events)
	}
}

func TestTheFixForAPortInUse(t *testing.T) {
	for name, tc := range map[string]struct {
		runtime      string
		node         bool
		asked, first bool
		want, not    string
	}{
		"asked for, a new network":         {network.RuntimeProcess, true, true, true, "set another port for x in ccdev.yaml", "down -v"},
		"a node's, asked for, recorded":    {network.RuntimeDocker, true, true, false, `set another port for x in ccdev.yaml and make a new network: "ccdev down -v"`, ""},
		"a chaincode's, asked for":         {network.RuntimeProcess, false, true, false, "set another port for x in ccdev.yaml", "down -v"},
		"a new network":                    {network.RuntimeProcess, true, false, true, `run "ccdev up"`, "down -v"},
		"a container's":                    {network.RuntimeDocker, true, false, false, `run "ccdev up"`, "down -v"},
		"a chaincode's":                    {network.RuntimeProcess, false, false, false, `run "ccdev up"`, "down -v"},
		"a node's that is a plain process": {network.RuntimeProcess, true, false, false, `"ccdev down -v" (the ledger goes), then "ccdev up"`, "ccdev.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			u := &bringUp{live: &live{net: network.Network{Runtime: tc.runtime}}, first: tc.first}
			if tc.asked {
				u.project.Ports = map[string]int{"x": 1}
			}
			fix := u.portFix(network.Use{Name: "x", Port: 1, Node: tc.node})
			if !strings.Contains(fix, tc.want) || tc.not != "" && strings.Contains(fix, tc.not) {
				t.Errorf("the fix is %q", fix)
			}
		})
	}
}
