package export

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/golden"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/google/go-cmp/cmp"
)

// onCluster is a chaincode for a cluster, without TLS or with it.
func onCluster(t *testing.T, mode string) Kubernetes {
	t.Helper()
	cc := network.Chaincode{
		Name: "Asset_transfer", Version: "1.0", Label: "Asset_transfer_1.0", Endorsement: "OR('Org1MSP.peer','Org2MSP.peer')",
		Env: map[string]string{"GREETING": `it's "$(HOME)" & $5`, "CHAINCODE_SERVER_ADDRESS": "127.0.0.1:1"},
	}
	connection := ccpackage.Connection{TLSRequired: mode != "", ClientAuthRequired: mode == project.TLSMutual}
	if mode != "" {
		cc.TLS = network.TLS{Mode: mode, Dir: filepath.Join("testdata", "tls")}
		read := func(name string) string {
			text, err := os.ReadFile(filepath.Join(cc.TLS.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		connection.RootCert = read(cctls.CAFile)
		if mode == project.TLSMutual {
			connection.ClientCert, connection.ClientKey = read(cctls.ClientCertFile), read(cctls.ClientKeyFile)
			cc.Collections = filepath.Join("testdata", "collections.json")
			cc.Init = &project.Init{Function: "Init"}
		}
	}
	k := Kubernetes{
		Namespace: "fabric", BuilderImage: "registry.example.com/ccdev/builder:1.0", Replicas: 2,
		Channel: "mychannel", MSPID: "Org1MSP", Chaincode: cc,
	}
	k.Chaincode.Endpoint.Inside = ClusterAddress(cc, k.Namespace)
	connection.Address = k.Chaincode.Endpoint.Inside
	var err error
	k.Package, err = ccpackage.Build(ccpackage.Spec{Label: cc.Label, Type: ccpackage.TypeCCAAS, Connection: connection})
	if err != nil {
		t.Fatal(err)
	}
	k.PackageID = ccpackage.ID(cc.Label, k.Package)
	return k
}

func files(t *testing.T, k Kubernetes) map[string][]byte {
	t.Helper()
	made, err := k.Files()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestKubernetesFiles(t *testing.T) {
	for name, mode := range map[string]string{"off": "", "mutual": project.TLSMutual} {
		t.Run(name, func(t *testing.T) {
			made := files(t, onCluster(t, mode))
			if again := files(t, onCluster(t, mode)); !cmp.Equal(made, again) {
				t.Error("a second export is another one")
			}
			dir := filepath.Join("testdata", "kubernetes-"+name)
			if golden.Update() {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]string{}
			got := map[string]string{}
			for file, text := range made {
				if filepath.Ext(file) == ".gz" {
					continue // its ID, which is in the others, is of all its bytes
				}
				got[file] = string(text)
				if golden.Update() {
					put(t, filepath.Join(dir, file), text)
				}
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				text, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				want[e.Name()] = string(text)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got (go test -update writes them anew):\n%s", diff)
			}
		})
	}
}

func put(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatNoClusterTakes(t *testing.T) {
	cc := network.Chaincode{Name: "basic"}
	for name, err := range map[string]error{
		"namespace": CheckCluster(cc, "Fabric", 1),
		"replicas":  CheckCluster(cc, "fabric", 0),
		"name":      CheckCluster(network.Chaincode{Name: string(bytes.Repeat([]byte("x"), 60))}, "fabric", 1),
	} {
		if err == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
	if err := CheckCluster(cc, "fabric", 3); err != nil {
		t.Error(err)
	}
}

func TestWriteKeepsToItsOwnFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	for range 2 { // the second into the first's folder
		if err := Write(dir, map[string][]byte{"a/key.pem": []byte("secret")}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "a", "key.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a key has the mode %v, %v", info.Mode(), err)
	}
	users := t.TempDir()
	put(t, filepath.Join(users, "README.md"), []byte("mine"))
	if err := Write(users, map[string][]byte{"README.md": nil}); err == nil {
		t.Error("the user's files are written over")
	}
}
