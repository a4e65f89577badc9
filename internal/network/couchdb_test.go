package network_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/google/go-cmp/cmp"
)

func TestEachPeerHasACouchDB(t *testing.T) {
	p := assets("/p")
	p.StateDatabase, p.Orgs = project.CouchDB, project.Orgs{{Peers: 2}, {}}
	n := made(t, p, network.RuntimeDocker)
	database := func(name, host string) network.Node {
		return network.Node{
			Name: name, ConfigDir: "/opt/couchdb/etc/local.d", DataDir: "/opt/couchdb/data",
			Endpoint: network.Endpoint{Listen: "0.0.0.0:5984", Inside: name + ":5984", Host: "127.0.0.1:" + host},
		}
	}
	want := []network.Node{database("couchdb0.org1", "5984"), database("couchdb1.org1", "7984"), database("couchdb0.org2", "9984")}
	if diff := cmp.Diff(want, n.CouchDBs()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n.Orgs[0].Peers[1].CouchDB.Name != "couchdb1.org1" {
		t.Errorf("peer1.org1 has %s", n.Orgs[0].Peers[1].CouchDB.Name)
	}
	ports := map[int]bool{}
	for _, u := range n.Uses() {
		ports[u.Port] = true
	}
	if !ports[5984] || !ports[7984] || !ports[9984] {
		t.Errorf("the ports in use are %v", ports)
	}
	p.Ports = map[string]int{"couchdb0.org2": 6000}
	if got := made(t, p, network.RuntimeDocker).Orgs[1].Peers[0].CouchDB.Endpoint.Host; got != "127.0.0.1:6000" {
		t.Errorf("the port asked for became %s", got)
	}
}

func TestNoCouchDBUnlessAskedFor(t *testing.T) {
	for _, asked := range []string{"", project.LevelDB} {
		p := assets("/p")
		p.StateDatabase = asked
		n := made(t, p, network.RuntimeDocker)
		if password, err := n.CouchDBPassword(); n.HasCouchDB() || len(n.CouchDBs()) != 0 || password != "" || err != nil {
			t.Errorf("%q: it has %v, with password %q (%v)", asked, n.CouchDBs(), password, err)
		}
	}
}

func TestCouchDBTakesDocker(t *testing.T) {
	p := assets("/p")
	p.StateDatabase = project.CouchDB
	_, err := network.New(p, network.RuntimeProcess, usualPorts)
	f := fault.From(err)
	if f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, "couchdb") || !strings.Contains(f.Fix, "ccdev up --runtime docker") {
		t.Errorf("the error is %v", err)
	}
}

func TestTheStateDatabaseCannotBeChanged(t *testing.T) {
	for _, tc := range []struct{ has, wants, says string }{
		{"leveldb", "couchdb", "leveldb, and couchdb"},
		{"couchdb", "leveldb", "couchdb, and leveldb"},
		{"couchdb", "couchdb", ""},
		{"couchdb", "", ""},
	} {
		p := assets("/p")
		p.StateDatabase = tc.has
		n := made(t, p, network.RuntimeDocker)
		p.StateDatabase = tc.wants
		if got := n.Differs(p); (got == "") != (tc.says == "") || !strings.Contains(got, tc.says) {
			t.Errorf("%s → %q: %q", tc.has, tc.wants, got)
		}
	}
	n := made(t, assets("/p"), network.RuntimeDocker)
	n.StateDatabase = "" // recorded before there was a choice
	if got := n.Differs(project.Project{StateDatabase: project.LevelDB}); got != "" {
		t.Errorf("of an old record it says %q", got)
	}
}

func TestTheLargestNetworkOfCouchDBsHasPortsForAll(t *testing.T) {
	p := assets("/p")
	p.StateDatabase, p.Orgs = project.CouchDB, make(project.Orgs, 26)
	for i := range p.Orgs {
		p.Orgs[i].Peers = 10
	}
	seen := map[int]string{}
	for _, u := range made(t, p, network.RuntimeDocker).Uses() {
		if other, taken := seen[u.Port]; taken || u.Port > 65535 {
			t.Errorf("%s is to have port %d, as %q has", u.Name, u.Port, other)
		}
		seen[u.Port] = u.Name
	}
}

func TestTheRecordOfCouchDBs(t *testing.T) {
	p := assets(t.TempDir())
	p.StateDatabase = project.CouchDB
	n := made(t, p, network.RuntimeDocker)
	n.Programs.CouchDB = "couchdb:3"
	if err := n.Save(); err != nil {
		t.Fatal(err)
	}
	got, _, err := network.Recorded(p.Dir)
	if diff := cmp.Diff(n, got); err != nil || diff != "" {
		t.Errorf("%v (-saved +recorded):\n%s", err, diff)
	}
	if text, _ := os.ReadFile(filepath.Join(p.Dir, ".ccdev", "network.json")); !strings.Contains(string(text), `"stateDatabase": "couchdb"`) {
		t.Errorf("the record does not say so: %s", text)
	}
}
