package session

import (
	"context"
	"net"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
)

// nodesRun is a runtime on which these services run.
type nodesRun struct {
	runtime.Runtime
	names []string
}

func (n nodesRun) Services(context.Context) (all []runtime.Service, err error) {
	for _, name := range n.names {
		all = append(all, runtime.Service{Name: name, State: runtime.Running})
	}
	return all, nil
}

func TestAPeerNeedsAnAddress(t *testing.T) {
	for name, tc := range map[string]struct {
		runtime, ip string
		run         []string
		refused     bool
	}{
		"an address":          {runtime: network.RuntimeProcess, ip: "192.0.2.1"},
		"none":                {runtime: network.RuntimeProcess, ip: "127.0.0.1", refused: true},
		"none, one peer runs": {runtime: network.RuntimeProcess, ip: "127.0.0.1", run: []string{"orderer", "peer0"}, refused: true},
		"none, all peers run": {runtime: network.RuntimeProcess, ip: "127.0.0.1", run: []string{"peer0", "peer1"}},
		"none, on Docker":     {runtime: network.RuntimeDocker, ip: "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			peers := []network.Peer{{Node: network.Node{Name: "peer0"}}, {Node: network.Node{Name: "peer1"}}}
			l := &live{net: network.Network{Runtime: tc.runtime, Orgs: []network.Org{{Peers: peers}}}, rt: nodesRun{names: tc.run}}
			err := l.checkAddress(t.Context(), func() ([]net.Addr, error) { return []net.Addr{&net.IPNet{IP: net.ParseIP(tc.ip)}}, nil })
			if fault.Is(err, fault.Boot) != tc.refused || (err != nil) != tc.refused {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
