package export

import (
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/genesis"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fabric/nodeconfig"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// composeOf is a network of two orgs on Docker, with all its files.
func composeOf(t *testing.T) Compose {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my $HOME [dir]")
	put(t, filepath.Join(dir, "collections.json"), []byte("[]"))
	p := project.Project{Dir: dir, Name: "assets", Orgs: make(project.Orgs, 2), Chaincodes: []project.Chaincode{{
		Name: "basic", Version: "1.0", Label: "basic_1.0", Path: dir, Relay: new(bool),
		Collections: filepath.Join(dir, "collections.json"), Env: map[string]string{"PRICE": "5$ or ${LESS}"},
	}}}
	n, err := network.New(p, network.RuntimeDocker, func(_ string, wanted, usual int) (int, error) { return max(wanted, usual), nil })
	if err != nil {
		t.Fatal(err)
	}
	n.Programs = network.Programs{Peer: "example/peer", Orderer: "example/orderer", Chaincode: "example/chaincode"}
	if _, err := msp.Ensure(n); err != nil {
		t.Fatal(err)
	}
	if _, err := genesis.Ensure(n); err != nil {
		t.Fatal(err)
	}
	if _, err := nodeconfig.Ensure(n); err != nil {
		t.Fatal(err)
	}
	model, err := topology.Nodes(n)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(n.ChaincodeDir(n.Chaincodes[0]), "1", "chaincode")
	put(t, program, []byte("program"))
	g := topology.Generation{Number: 1, Program: program, PackageID: "basic_1.0:0123"}
	if err := topology.AddChaincode(model, n, n.Chaincodes[0], g); err != nil {
		t.Fatal(err)
	}
	return Compose{Network: n, Model: model, Packages: map[string][]byte{"basic": []byte("package")}}
}

func TestComposeFiles(t *testing.T) {
	c := composeOf(t)
	files, programs, err := c.Files()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"services/chaincode-basic/files/chaincode"}; !slices.Equal(programs, want) {
		t.Errorf("the programs are %v", programs)
	}
	for name, text := range files {
		if strings.Contains(string(text), c.Network.Dir) {
			t.Errorf("%s has the path of the project in it", name)
		}
		if path.Base(name) == "ca.key" {
			t.Errorf("the export can sign identities, with %s", name)
		}
	}
	var connection Gateway
	if err := json.Unmarshal(files["connection.json"], &connection); err != nil {
		t.Fatal(err)
	}
	for _, org := range connection.Organizations {
		for _, id := range org.Identities {
			if files[id.CertPath] == nil || files[id.KeyPath] == nil {
				t.Errorf("the connection leads to %+v, which is not in the folder", id)
			}
		}
	}
	var there network.Network
	if err := json.Unmarshal(files["network/network.json"], &there); err != nil {
		t.Fatal(err)
	}
	cc := there.Chaincodes[0]
	for what, file := range map[string]string{"package": SetupPackage(there, cc), "collections": cc.Collections} {
		rel, err := filepath.Rel(there.StateDir(), file)
		if err != nil || files["network/"+rel] == nil {
			t.Errorf("the %s of the chaincode is not at %s: %v", what, file, err)
		}
	}
	if there.Orderer.Admin.Host != "orderer:7053" || there.Orgs[1].Peers[0].Endpoint.Host != "peer0.org2:7051" {
		t.Errorf("ccdev-setup would dial %+v and %+v", there.Orderer, there.Orgs[1].Peers)
	}
}

// The compose file, as a compose tool reads it, has every file of the model, and its texts as they are.
func TestComposeFile(t *testing.T) {
	c := composeOf(t)
	files, _, err := c.Files()
	if err != nil {
		t.Fatal(err)
	}
	read, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: "/out", ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: files["compose.yaml"]}},
	}, func(o *loader.Options) { o.SetProjectName("out", true) })
	if err != nil {
		t.Fatalf("%v\n%s", err, files["compose.yaml"])
	}
	if got := *read.Services["chaincode-basic"].Environment["PRICE"]; got != "5$ or ${LESS}" {
		t.Errorf("the chaincode has the price %s", got)
	}
	for name, service := range c.Model.Services {
		made := read.Services[name]
		if made.Image != service.Image || !slices.Equal(made.Command, service.Command) {
			t.Errorf("%s runs %s %v, not %s %v", name, made.Image, made.Command, service.Image, service.Command)
		}
		for _, use := range service.Configs {
			if !sees(made, files, use.Target) {
				t.Errorf("%s has no %s", name, use.Target)
			}
		}
	}
	if ports := read.Services["peer0.org2"].Ports; len(ports) != 1 || ports[0].HostIP != "127.0.0.1" || ports[0].Published != "9051" {
		t.Errorf("a peer has the ports %+v", ports)
	}
	if ports := read.Services["chaincode-basic"].Ports; len(ports) > 0 {
		t.Errorf("the chaincode has the ports %+v, for nobody", ports)
	}
	if _, waits := read.Services["ccdev-setup"].DependsOn["orderer"]; !waits {
		t.Error("ccdev-setup waits for nobody")
	}
}

// sees tells whether a mount of the service gives it one of the files at the target.
func sees(service types.ServiceConfig, files map[string][]byte, target string) bool {
	return slices.ContainsFunc(service.Volumes, func(v types.ServiceVolumeConfig) bool {
		below, inside := strings.CutPrefix(target, v.Target)
		source, here := strings.CutPrefix(v.Source, "/out/")
		return inside && here && v.ReadOnly && files[source+below] != nil
	})
}
