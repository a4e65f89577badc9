package topology_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/golden"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var runtimes = []string{network.RuntimeDocker, network.RuntimeProcess}

const packageID = "basic_1.0:0123"

// twoOrgs is a network of two orgs and a chaincode with an environment of its own, in a folder
// whose name is not kind, with a few of its files written.
func twoOrgs(t *testing.T, runtime string) network.Network {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my $HOME [dir]")
	p := project.Project{Dir: dir, Name: "assets", Orgs: make(project.Orgs, 2), Chaincodes: []project.Chaincode{{
		Name: "basic", Version: "1.0", Label: "basic_1.0", Path: dir,
		Env:   map[string]string{"PRICE": "5$ or ${LESS}", "CORE_PEER_LOCALMSPID": "MineMSP"},
		Relay: new(bool),
	}}}
	n, err := network.New(p, runtime, func(_ string, wanted, usual int) (int, error) { return max(wanted, usual), nil })
	if err != nil {
		t.Fatal(err)
	}
	n.ID = "1d" // of the folder, which is another one at every run
	n.Programs = network.Programs{
		Peer: "example/peer", Orderer: "example/orderer", Chaincode: "example/chaincode", Agent: network.ContainerAgent,
	}
	if runtime == network.RuntimeProcess {
		n.Programs = network.Programs{Peer: "/bin/peer", Orderer: "/bin/orderer", Agent: "/bin/ccdev"}
	}
	nodes := []network.Node{n.Orderer.Node}
	for _, p := range n.Peers() {
		nodes = append(nodes, p.Node)
	}
	for _, node := range nodes {
		for _, file := range []string{"core.yaml", "msp/keystore/key.pem", "msp/cacerts/ca.pem", "tls/cacerts/ca.pem"} {
			write(t, filepath.Join(n.NodeDir(node), filepath.FromSlash(file)), "")
		}
	}
	return n
}

// model is the whole of a network with generation 3 of its chaincode.
func model(t *testing.T, n network.Network) *types.Project {
	t.Helper()
	m, err := topology.Nodes(n)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(n.StateDir(), "chaincodes", "basic", "3", "chaincode")
	write(t, program, "")
	err = topology.AddChaincode(m, n, n.Chaincodes[0], topology.Generation{Number: 3, Program: program, PackageID: packageID})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestModelGolden(t *testing.T) {
	for _, runtime := range runtimes {
		t.Run(runtime, func(t *testing.T) { modelGolden(t, twoOrgs(t, runtime), runtime) })
		t.Run(runtime+" with a relay", func(t *testing.T) {
			n := twoOrgs(t, runtime)
			n.Chaincodes[0].Relay = true
			n.Chaincodes[0].Control = network.Endpoint{Listen: "0.0.0.0:9998", Inside: "chaincode-basic:9998", Host: "127.0.0.1:8999"}
			modelGolden(t, n, runtime+"-relay")
		})
	}
}

func modelGolden(t *testing.T, n network.Network, name string) {
	t.Helper()
	text, err := model(t, n).MarshalYAML()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(string(text), n.Dir, "PROJECT")
	golden.Check(t, name+".yaml", got)
}

func TestPortsAreForThisMachineOnly(t *testing.T) {
	for _, runtime := range runtimes {
		n := twoOrgs(t, runtime)
		for name, s := range model(t, n).Services {
			if len(s.Ports) == 0 {
				t.Errorf("%s, %s: no port", runtime, name)
			}
			for _, p := range s.Ports {
				if p.HostIP != "127.0.0.1" || p.Published == "" || p.Target == 0 {
					t.Errorf("%s, %s: a port is published as %+v", runtime, name, p)
				}
			}
		}
	}
}

func TestFilesAreClosedToOthers(t *testing.T) {
	for _, runtime := range runtimes {
		m := model(t, twoOrgs(t, runtime))
		sources := map[string]string{}
		for name, s := range m.Services {
			for _, c := range s.Configs {
				if c.Mode == nil || (c.Target != "/chaincode" && *c.Mode != 0o600) {
					t.Errorf("%s, %s: %s has mode %v", runtime, name, c.Target, c.Mode)
				}
				if other, taken := sources[c.Source]; taken {
					t.Errorf("%s: %s and %s are one config %s", runtime, other, c.Target, c.Source)
				}
				sources[c.Source] = c.Target
				if _, err := os.Stat(m.Configs[c.Source].File); err != nil {
					t.Errorf("%s, %s: %s is made of no file: %v", runtime, name, c.Target, err)
				}
			}
		}
		if len(sources) != len(m.Configs) {
			t.Errorf("%s: %d configs, of which %d are used", runtime, len(m.Configs), len(sources))
		}
	}
}

func TestChaincodeEnvironmentIsForEveryKindOfServer(t *testing.T) {
	n := twoOrgs(t, network.RuntimeDocker)
	env := environment(model(t, n).Services["chaincode-basic"])
	want := map[string]string{
		// The chaincode-as-a-service variables of the contract APIs, of the shim's samples and of
		// fabric-chaincode-node.
		"CHAINCODE_SERVER_ADDRESS": "0.0.0.0:9999", "CORE_CHAINCODE_ADDRESS": "0.0.0.0:9999",
		"CHAINCODE_ID": packageID, "CORE_CHAINCODE_ID": packageID, "CORE_CHAINCODE_ID_NAME": packageID,
		"CORE_PEER_TLS_ENABLED": "false", "CHAINCODE_TLS_DISABLED": "true",
		"PRICE":                "5$ or ${LESS}",
		"CORE_PEER_LOCALMSPID": "MineMSP", // the user's own wins
	}
	if diff := cmp.Diff(want, env); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAGenerationIsToldByItsLabel(t *testing.T) {
	for _, runtime := range runtimes {
		if got := model(t, twoOrgs(t, runtime)).Services["chaincode-basic"].Labels[topology.GenerationLabel]; got != "3" {
			t.Errorf("%s: the generation's label is %q", runtime, got)
		}
	}
}

func TestMissingFilesAreAnError(t *testing.T) {
	n := twoOrgs(t, network.RuntimeDocker)
	if err := os.RemoveAll(n.NodeDir(n.Orderer.Node)); err != nil {
		t.Fatal(err)
	}
	if _, err := topology.Nodes(n); err == nil || !strings.Contains(err.Error(), "orderer") {
		t.Errorf("the error is %v", err)
	}
}

func TestMergeWithoutAFileIsTheModelItself(t *testing.T) {
	m := model(t, twoOrgs(t, network.RuntimeDocker))
	if got, err := topology.Merge(t.Context(), m); err != nil || got != m {
		t.Errorf("%p became %p (%v)", m, got, err)
	}
}

// TestMergeOfNothingChangesNothing guards what compose-go does to a model on its way through
// YAML and back: variables, modes, paths and names.
func TestMergeOfNothingChangesNothing(t *testing.T) {
	for _, runtime := range runtimes {
		for name, file := range map[string]string{"empty": "", "a comment": "# later\n", "no services": "services: {}\n"} {
			t.Run(runtime+"/"+name, func(t *testing.T) {
				n := twoOrgs(t, runtime)
				m := model(t, n)
				before, err := m.MarshalYAML()
				if err != nil {
					t.Fatal(err)
				}
				merged := merge(t, m, file)
				if diff := cmp.Diff(m.Services, merged.Services, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("services (-model +merged):\n%s", diff)
				}
				if diff := cmp.Diff(m.Volumes, merged.Volumes); diff != "" {
					t.Errorf("volumes (-model +merged):\n%s", diff)
				}
				for name, c := range m.Configs {
					if got := merged.Configs[name].File; got != c.File {
						t.Errorf("config %s is made of %q, and was of %q", name, got, c.File)
					}
				}
				if extra := topology.Extra(merged, m); len(extra) > 0 {
					t.Errorf("extra services: %q", extra)
				}
				if after, err := m.MarshalYAML(); err != nil || string(after) != string(before) {
					t.Errorf("the merge changed the model it was given: %v", err)
				}
			})
		}
	}
}

func TestMergeBeforeAChaincodeIsBuilt(t *testing.T) {
	for _, runtime := range runtimes {
		t.Run(runtime, func(t *testing.T) {
			n := twoOrgs(t, runtime)
			m, err := topology.Nodes(n)
			if err != nil {
				t.Fatal(err)
			}
			if err := topology.AddChaincode(m, n, n.Chaincodes[0], topology.Generation{}); err != nil {
				t.Fatal(err)
			}
			merge(t, m, "services: {}\n")
		})
	}
}

func TestMerge(t *testing.T) {
	const file = `
services:
  orderer:
    environment:
      FABRIC_LOGGING_SPEC: debug
      TEXT: "${CCDEV_TEST_WHO} pays 5$$"
  chaincode-basic:
    environment:
      PRICE: null
      MORE: "1"
  explorer:
    image: example/explorer
    depends_on: [peer0.org1]
    volumes: ["./data:/data"]
  archive:
    image: example/archive
`
	t.Setenv("CCDEV_TEST_WHO", "alice")
	for _, runtime := range runtimes {
		t.Run(runtime, func(t *testing.T) {
			n := twoOrgs(t, runtime)
			m := model(t, n)
			merged := merge(t, m, file)
			if got := topology.Extra(merged, m); !slices.Equal(got, []string{"archive", "explorer"}) {
				t.Errorf("extra services: %q", got)
			}
			orderer := environment(merged.Services["orderer"])
			if orderer["FABRIC_LOGGING_SPEC"] != "debug" || orderer["TEXT"] != "alice pays 5$" {
				t.Errorf("the orderer's environment is %q", orderer)
			}
			if want := environment(m.Services["orderer"])["FABRIC_CFG_PATH"]; orderer["FABRIC_CFG_PATH"] != want {
				t.Errorf("FABRIC_CFG_PATH became %q", orderer["FABRIC_CFG_PATH"])
			}
			if got := environment(merged.Services["chaincode-basic"]); got["MORE"] != "1" || got["CHAINCODE_ID"] != packageID {
				t.Errorf("the chaincode's environment is %q", got)
			}
			if got := merged.Services["explorer"].Volumes[0].Source; got != filepath.Join(n.Dir, "data") {
				t.Errorf("./data is %s", got)
			}
			if merged.Name != topology.ProjectName(n) {
				t.Errorf("the project's name became %s", merged.Name)
			}
		})
	}
}

func TestAFileThatDoesNotFitIsAFault(t *testing.T) {
	for name, file := range map[string]string{
		"not YAML":                 "services: [\n",
		"an unknown field":         "servces: {}\n",
		"an unknown field within":  "services: {orderer: {imag: x}}\n",
		"another type":             "services: {orderer: 3}\n",
		"a service without image":  "services: {web: {environment: {A: b}}}\n",
		"a need that is not there": "services: {web: {image: x, depends_on: [peer9]}}\n",
		"a network that is not":    "services: {web: {image: x, networks: [other]}}\n",
		"a file that is not there": "services: {web: {image: x, env_file: nope.env}}\n",
		"a variable that must be":  "services: {web: {image: '${CCDEV_TEST_NOT_SET:?}'}}\n",
	} {
		for _, runtime := range runtimes {
			t.Run(runtime+"/"+name, func(t *testing.T) {
				n := twoOrgs(t, runtime)
				m := model(t, n)
				path := filepath.Join(n.Dir, topology.OverrideFile)
				write(t, path, file)
				_, err := topology.Merge(t.Context(), m)
				f := fault.From(err)
				if f == nil || f.Kind != fault.Usage || !strings.Contains(f.Fix, path) || !strings.Contains(f.What, topology.OverrideFile) {
					t.Errorf("the error is %#v", err)
				}
			})
		}
	}
}

func TestProjectName(t *testing.T) {
	a := network.Network{Name: "assets", ID: "01"}
	b := network.Network{Name: "assets", ID: "02"}
	if topology.ProjectName(a) == topology.ProjectName(b) {
		t.Error("two folders of one name are one compose project")
	}
}

func merge(t *testing.T, m *types.Project, file string) *types.Project {
	t.Helper()
	write(t, filepath.Join(m.WorkingDir, topology.OverrideFile), file)
	merged, err := topology.Merge(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

func environment(s types.ServiceConfig) map[string]string {
	env := map[string]string{}
	for name, value := range maps.All(s.Environment) {
		if value != nil {
			env[name] = *value
		}
	}
	return env
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
