package e2e

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// A client that has nothing but the exported connection calls the chaincode, in Go and in Node.
func TestExportedConnection(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
		file := filepath.Join(t.TempDir(), "connection.json")
		text := mustRun(t, ccdev(dir, "export", "connection-profile", "--format", "gateway"))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		goClient(t, file, "put", "from", "Go")
		if got := goClient(t, file, "get", "from"); got != "Go" {
			t.Errorf("the Go client reads %q", got)
		}
		nodeClient(t, file, "put", "from", "Node")
		if got := nodeClient(t, file, "get", "from"); got != "Node" {
			t.Errorf("the Node client reads %q", got)
		}
		profileNames(t, dir)
	})
}

// profileNames checks of the classic profile what the test has no SDK for: its references lead
// somewhere, in both forms.
func profileNames(t *testing.T, dir string) {
	t.Helper()
	var p struct {
		Client        struct{ Organization string }
		Organizations map[string]struct {
			Peers                       []string
			AdminPrivateKey, SignedCert struct{ Path string }
		}
		Channels map[string]struct {
			Orderers []string
			Peers    map[string]any
		}
		Peers, Orderers map[string]struct{ URL string }
	}
	if err := json.Unmarshal([]byte(mustRun(t, ccdev(dir, "export", "connection-profile"))), &p); err != nil {
		t.Fatal(err)
	}
	org := p.Organizations[p.Client.Organization]
	for _, file := range []string{org.AdminPrivateKey.Path, org.SignedCert.Path} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
	for _, peer := range org.Peers {
		if _, there := p.Channels["mychannel"].Peers[peer]; !there || !strings.HasPrefix(p.Peers[peer].URL, "grpcs://127.0.0.1:") {
			t.Errorf("the peer %s of the org is not whole: %+v", peer, p)
		}
	}
	for _, orderer := range p.Channels["mychannel"].Orderers {
		if p.Orderers[orderer].URL == "" {
			t.Errorf("the orderer %s is not whole: %+v", orderer, p)
		}
	}
	yaml := mustRun(t, ccdev(dir, "export", "connection-profile", "--format", "yaml"))
	if !strings.Contains(yaml, "\nclient:\n  organization: Org1\n") {
		t.Errorf("not YAML:\n%s", yaml)
	}
	fails(t, ccdev(dir, "export", "connection-profile", "--format", "xml"), 2, `the form "xml"`, "json, yaml, gateway")
	fails(t, ccdev(dir, "export", "connection-profile", "--org", "Org9"), 2, "Org1")
}

// connection is what a client application reads of the exported connection.
type connection struct {
	Channel       string
	Chaincodes    []string
	Organizations []struct {
		MSPID      string `json:"mspId"`
		TLSCACert  string
		Peers      []struct{ Endpoint string }
		Identities []struct{ CertPath, KeyPath string }
	}
}

// goClient submits a call as a client application does.
func goClient(t *testing.T, file string, args ...string) string {
	t.Helper()
	at := func(name string) []byte {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var c connection
	if err := json.Unmarshal(at(file), &c); err != nil {
		t.Fatal(err)
	}
	org := c.Organizations[0]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cert, err := identity.CertificateFromPEM(at(org.Identities[0].CertPath))
	must(err)
	id, err := identity.NewX509Identity(org.MSPID, cert)
	must(err)
	key, err := identity.PrivateKeyFromPEM(at(org.Identities[0].KeyPath))
	must(err)
	sign, err := identity.NewPrivateKeySign(key)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(org.TLSCACert))
	conn, err := grpc.NewClient(org.Peers[0].Endpoint, grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(roots, "")))
	must(err)
	defer conn.Close() //nolint:errcheck // all is answered by then
	gw, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(conn))
	must(err)
	defer gw.Close() //nolint:errcheck // as above
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	contract := gw.GetNetwork(c.Channel).GetContract(c.Chaincodes[0])
	result, err := contract.SubmitWithContext(ctx, args[0], client.WithArguments(args[1:]...))
	must(err)
	return string(result)
}

// nodeClient does the same in Node, with the packages from the registry.
func nodeClient(t *testing.T, file string, args ...string) string {
	t.Helper()
	needNode(t)
	dir, err := installedNodeClient()
	if err != nil {
		t.Fatal(err)
	}
	return mustRun(t, exec.Command("node", append([]string{filepath.Join(dir, "client.js"), file}, args...)...))
}

var installedNodeClient = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(shared.cache, "node-client")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "client"))); err != nil {
		return "", err
	}
	install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return dir, nil
})
