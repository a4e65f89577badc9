package nodeconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/golden"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func testNetwork() network.Network {
	return network.Network{
		ID: "assets-1a2b", Dir: "/home/a/assets", Fabric: "3.1.1",
		Orderer: network.Orderer{
			Node: network.Node{
				Name:      "orderer",
				Endpoint:  network.Endpoint{Listen: "0.0.0.0:7050", Inside: "orderer:7050"},
				ConfigDir: "/etc/hyperledger/fabric", DataDir: "/var/hyperledger/production/orderer",
			},
			MSPID: "OrdererMSP",
			Admin: network.Endpoint{Listen: "0.0.0.0:7053"},
		},
		Orgs: []network.Org{{Name: "Org1", MSPID: "Org1MSP", Peers: []network.Peer{
			testPeer("peer0.org1"), testPeer("peer1.org1"),
		}}},
	}
}

func testPeer(name string) network.Peer {
	return network.Peer{
		Node: network.Node{
			Name:      name,
			Endpoint:  network.Endpoint{Listen: "0.0.0.0:7051", Inside: name + ":7051"},
			ConfigDir: "/etc/hyperledger/fabric", DataDir: "/var/hyperledger/production",
		},
		BuilderDir: "/opt/ccdev/builder",
	}
}

func TestGolden(t *testing.T) {
	n := testNetwork()
	tests := []struct {
		file   string
		render func() ([]byte, error)
	}{
		{"core.yaml", func() ([]byte, error) { return Peer(n, n.Orgs[0], n.Orgs[0].Peers[0]) }},
		{"orderer.yaml", func() ([]byte, error) { return Orderer(n) }},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			got, err := tt.render()
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, tt.file, string(got))
		})
	}
}

// at reads the value at a path of keys.
func at(t *testing.T, text []byte, path string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Split(path, ".") {
		m, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("nothing at %s", path)
		}
		value = m[key]
	}
	return value
}

func TestValuesSurviveYAML(t *testing.T) {
	n := testNetwork()
	odd := `C:\data #1: "it's" {odd} é`
	p := n.Orgs[0].Peers[0]
	p.DataDir, n.Orderer.DataDir, n.Orderer.ConfigDir = odd, odd, odd
	core, err := Peer(n, n.Orgs[0], p)
	if err != nil {
		t.Fatal(err)
	}
	orderer, err := Orderer(n)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		text []byte
		want any
	}{
		{"peer.fileSystemPath", core, odd},
		{"peer.id", core, "peer0.org1"},
		{"peer.tls.enabled", core, true},
		{"vm.endpoint", core, ""},
		{"FileLedger.Location", orderer, odd},
		{"Admin.TLS.PrivateKey", orderer, odd + "/tls/server.key"},
		{"General.ListenAddress", orderer, "0.0.0.0"},
		{"General.ListenPort", orderer, uint64(7050)},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			if d := cmp.Diff(tt.want, at(t, tt.text, tt.path)); d != "" {
				t.Error(d)
			}
		})
	}
}

// Fabric 2.5 ends at start on a filter it does not know.
func TestHandlersFollowTheVersion(t *testing.T) {
	for version, want := range map[string]int{"3.1.1": 3, "2.5.9": 2} {
		t.Run(version, func(t *testing.T) {
			n := testNetwork()
			n.Fabric = version
			text, err := Peer(n, n.Orgs[0], n.Orgs[0].Peers[0])
			if err != nil {
				t.Fatal(err)
			}
			if filters, _ := at(t, text, "peer.handlers.authFilters").([]any); len(filters) != want {
				t.Errorf("filters %v, want %d", filters, want)
			}
		})
	}
}

func TestPeersMeetAtTheFirstOfTheirOrg(t *testing.T) {
	n := testNetwork()
	text, err := Peer(n, n.Orgs[0], n.Orgs[0].Peers[1])
	if err != nil {
		t.Fatal(err)
	}
	if got := at(t, text, "peer.gossip.bootstrap"); got != "peer0.org1:7051" {
		t.Errorf("it starts from %v", got)
	}
}

func TestOrdererNeedsAnAddress(t *testing.T) {
	n := testNetwork()
	n.Orderer.Endpoint.Listen = "7050"
	if _, err := Orderer(n); err == nil {
		t.Error("it took an address without a host")
	}
}

func TestEnsureWritesWhatDiffers(t *testing.T) {
	n := testNetwork()
	n.Dir = t.TempDir()
	call := func(want bool) {
		t.Helper()
		if made, err := Ensure(n); made != want || err != nil {
			t.Errorf("got %v, %v, want %v", made, err, want)
		}
	}
	call(true)
	call(false)
	core := filepath.Join(n.NodeDir(n.Orgs[0].Peers[1].Node), "core.yaml")
	if err := os.WriteFile(core, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	call(true)
	call(false)
	want, err := Peer(n, n.Orgs[0], n.Orgs[0].Peers[1])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(core); err != nil || string(got) != string(want) {
		t.Errorf("core.yaml was not made anew (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(n.NodeDir(n.Orderer.Node), "orderer.yaml")); err != nil {
		t.Error(err)
	}
}
