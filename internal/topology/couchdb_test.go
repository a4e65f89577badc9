package topology_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/compose-spec/compose-go/v2/types"
)

const couchPassword = "not-for-everybody"

// couches is a network of two peers with a CouchDB each, whose file and the peers' have the password.
func couches(t *testing.T) (network.Network, *types.Project) {
	t.Helper()
	p := project.Project{Dir: t.TempDir(), Name: "assets", StateDatabase: project.CouchDB, Orgs: make(project.Orgs, 2)}
	n, err := network.New(p, network.RuntimeDocker, func(_ string, _, usual int) (int, error) { return usual, nil })
	if err != nil {
		t.Fatal(err)
	}
	n.Programs = network.Programs{Peer: "example/peer", Orderer: "example/orderer", CouchDB: "example/couchdb:3"}
	write(t, filepath.Join(n.NodeDir(n.Orderer.Node), "orderer.yaml"), "")
	for _, p := range n.Peers() {
		write(t, filepath.Join(n.NodeDir(p.Node), "core.yaml"), couchPassword)
		write(t, filepath.Join(n.NodeDir(p.CouchDB), "ccdev.ini"), couchPassword)
	}
	m, err := topology.Nodes(n)
	if err != nil {
		t.Fatal(err)
	}
	return n, m
}

func TestCouchDBServices(t *testing.T) {
	n, m := couches(t)
	for i, p := range n.Peers() {
		s, there := m.Services[p.CouchDB.Name]
		if !there || s.Image != "example/couchdb:3" || len(s.Command) != 0 || len(s.Entrypoint) != 0 {
			t.Fatalf("%s is %+v", p.CouchDB.Name, s)
		}
		port := s.Ports[0]
		if want := fmt.Sprint(5984 + 2000*i); len(s.Ports) != 1 || port.HostIP != "127.0.0.1" || port.Published != want || port.Target != 5984 {
			t.Errorf("%s publishes %+v, want %s", s.Name, s.Ports, want)
		}
		if len(s.Volumes) != 1 || s.Volumes[0].Target != "/opt/couchdb/data" || m.Volumes[s.Volumes[0].Source].Name != topology.ProjectName(n)+"-"+s.Name+"-data" {
			t.Errorf("%s keeps %+v", s.Name, s.Volumes)
		}
		if len(s.Configs) != 1 || s.Configs[0].Target != "/opt/couchdb/etc/local.d/ccdev.ini" || *s.Configs[0].Mode != 0o600 {
			t.Errorf("%s is given %+v", s.Name, s.Configs)
		}
		peer := m.Services[p.Name]
		if _, after := peer.DependsOn[s.Name]; !after || len(peer.DependsOn) != 1 {
			t.Errorf("%s starts after %v", p.Name, peer.DependsOn)
		}
		if spec := *peer.Environment["FABRIC_LOGGING_SPEC"]; !strings.HasSuffix(spec, ":nodeCmd=warning") {
			t.Errorf("%s logs %s, and so its password", p.Name, spec)
		}
	}
	if len(m.Services) != 5 {
		t.Errorf("the services are %v", m.ServiceNames())
	}
}

// What the engine tells of a container is its environment, command and labels, and what the model
// says of it is printed by "ccdev config".
func TestTheModelHasNoPassword(t *testing.T) {
	_, m := couches(t)
	text, err := m.MarshalYAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), couchPassword) {
		t.Errorf("the password is in the model:\n%s", text)
	}
}
