package network_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/google/go-cmp/cmp"
)

func TestUses(t *testing.T) {
	nodes := []network.Use{
		{Name: "orderer", Service: "orderer", Port: 7050, Node: true},
		{Name: "orderer-admin", Service: "orderer", Port: 7053, Node: true},
		{Name: "peer0.org1", Service: "peer0.org1", Port: 7051, Node: true},
	}
	chaincode := network.Use{Name: "chaincode-basic", Service: "chaincode-basic", Port: 9999}
	control := network.Use{Name: "chaincode-basic-control", Service: "chaincode-basic", Port: 8999}
	debug := network.Use{Name: "chaincode-basic-debug", Service: "chaincode-basic", Port: 2345}
	direct := false
	for name, tc := range map[string]struct {
		runtime string
		relay   *bool
		want    []network.Use // besides the nodes
		move    []string      // those that can
	}{
		"containers": {
			runtime: network.RuntimeDocker, want: []network.Use{control, debug},
			move: []string{"orderer", "orderer-admin", "peer0.org1", control.Name, debug.Name},
		},
		"containers without a relay": {
			runtime: network.RuntimeDocker, relay: &direct, want: []network.Use{chaincode},
			move: []string{"orderer", "orderer-admin", "peer0.org1", chaincode.Name},
		},
		"plain processes": {
			runtime: network.RuntimeProcess, want: []network.Use{chaincode, control, debug},
			move: []string{chaincode.Name, control.Name, debug.Name},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := assets("/p")
			p.Chaincodes[0].Relay = tc.relay
			n := made(t, p, tc.runtime)
			if diff := cmp.Diff(slices.Concat(nodes, tc.want), n.Uses()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var move []string
			for _, u := range n.Uses() {
				if n.CanMove(u) {
					move = append(move, u.Name)
				}
			}
			if diff := cmp.Diff(tc.move, move); diff != "" {
				t.Errorf("these can move (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithNodesMoved(t *testing.T) {
	p := assets("/p")
	p.Orgs, p.StateDatabase = make(project.Orgs, 2), project.CouchDB
	n, was := made(t, p, network.RuntimeDocker), made(t, p, network.RuntimeDocker)
	var lost []network.Use
	for _, u := range n.Uses() {
		if u.Name == "orderer-admin" || u.Name == "peer0.org2" || u.Name == "couchdb0.org1" || !u.Node {
			lost = append(lost, u)
		}
	}
	got, err := n.WithNodesMoved(lost, func(_ string, wanted, usual int) (int, error) { return usual + 1 + wanted, nil })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, n); diff != "" {
		t.Errorf("the network it was made of has changed:\n%s", diff)
	}
	was.Orderer.Admin.Host, was.Orgs[1].Peers[0].Endpoint.Host = "127.0.0.1:7054", "127.0.0.1:9052"
	was.Orgs[0].Peers[0].CouchDB.Endpoint.Host = "127.0.0.1:5985"
	if diff := cmp.Diff(was, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	none := errors.New("no port")
	if _, err := n.WithNodesMoved(lost, func(string, int, int) (int, error) { return 0, none }); !errors.Is(err, none) {
		t.Errorf("the error is %v", err)
	}
}
