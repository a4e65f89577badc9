package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// withTLS is a network of one chaincode with this TLS, whose certificates are there.
func withTLS(t *testing.T, mode string) (network.Network, project.Project) {
	t.Helper()
	dir := t.TempDir()
	p := project.Project{Dir: dir, Name: "assets", Chaincodes: []project.Chaincode{
		{Name: "basic", Version: "1.0", Label: "basic_1.0", Path: dir, TLS: project.TLS{Mode: mode}},
	}}
	n, err := network.New(p, network.RuntimeDocker, func(_ string, _, usual int) (int, error) { return usual, nil })
	if err != nil {
		t.Fatal(err)
	}
	return n, p
}

func TestPackageOfTLS(t *testing.T) {
	ids := map[string]string{}
	for _, mode := range []string{project.TLSOff, project.TLSServer, project.TLSMutual} {
		t.Run(mode, func(t *testing.T) {
			n, p := withTLS(t, mode)
			for range 2 { // two ups
				if err := ensureTLS(n, p); err != nil {
					t.Fatal(err)
				}
				_, id, err := packageOf(n.Chaincodes[0], packageType)
				if err != nil {
					t.Fatal(err)
				}
				ids[id] = mode
			}
			c, err := connectionOf(n.Chaincodes[0])
			if err != nil {
				t.Fatal(err)
			}
			on, mutual := mode != project.TLSOff, mode == project.TLSMutual
			if c.TLSRequired != on || c.ClientAuthRequired != mutual || isPEM(c.RootCert) != on || isPEM(c.ClientCert) != mutual || isPEM(c.ClientKey) != mutual {
				t.Errorf("the connection is %+v", c)
			}
			if err := c.Canonical().Validate(); err != nil {
				t.Error(err)
			}
		})
	}
	if len(ids) != 3 {
		t.Errorf("%d packages of 3 modes: %v", len(ids), ids)
	}
}

func isPEM(text string) bool { return strings.HasPrefix(text, "-----BEGIN ") }

func TestAPackageWhoseCertificatesAreMissing(t *testing.T) {
	n, _ := withTLS(t, project.TLSServer)
	_, _, err := packageOf(n.Chaincodes[0], packageType)
	if f := fault.From(err); f == nil || f.Kind != fault.Boot || !strings.Contains(f.Fix, "ccdev up") {
		t.Errorf("%#v", f)
	}
	// A plan comes before they are made.
	done, _, err := (&deployment{cc: n.Chaincodes[0]}).lookInstalled(t.Context())
	if done || err != nil {
		t.Errorf("a plan says %t, %v", done, err)
	}
}

func TestGivenCertificatesThatWillNotDo(t *testing.T) {
	n, p := withTLS(t, project.TLSServer)
	file := filepath.Join(p.Dir, "nowhere.pem")
	p.Chaincodes[0].TLS = project.TLS{Mode: project.TLSServer, Cert: file, Key: file, CA: file}
	for name, do := range map[string]func(network.Network, project.Project) error{"check": checkTLS, "ensure": ensureTLS} {
		f := fault.From(do(n, p))
		if f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, "chaincode basic: ") || !strings.Contains(f.What, file) {
			t.Errorf("%s: %#v", name, f)
		}
	}
	if _, err := os.Stat(n.StateDir()); err == nil {
		t.Error("something was made")
	}
}
