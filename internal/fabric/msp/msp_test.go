package msp

import (
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/google/go-cmp/cmp"
)

// testNetwork has two orgs, of which the second has two peers, in a folder with a name that
// would be a pattern if it were taken for one.
func testNetwork(t *testing.T) network.Network {
	t.Helper()
	node := func(name string) network.Node { return network.Node{Name: name} }
	return network.Network{
		Dir:     filepath.Join(t.TempDir(), "a [b] *"),
		Orderer: network.Orderer{Node: node("orderer"), MSPID: "OrdererMSP", Domain: "example.com"},
		Orgs: []network.Org{
			{
				Name: "Org1", MSPID: "Org1MSP", Domain: "org1.example.com",
				Peers: []network.Peer{{Node: node("peer0.org1")}},
				Users: []network.User{{Name: "alice", Attributes: map[string]string{"role": "auditor"}}},
			},
			{
				Name: "Org2", MSPID: "Org2MSP", Domain: "org2.example.com",
				Peers: []network.Peer{{Node: node("peer0.org2")}, {Node: node("peer1.org2")}},
			},
		},
	}
}

func ensure(t *testing.T, n network.Network) bool {
	t.Helper()
	made, err := Ensure(n)
	if err != nil {
		t.Fatalf("Ensure: %v", err)
	}
	return made
}

type stamp struct {
	Content string
	Time    time.Time
	Mode    fs.FileMode
}

// tree is every file and folder of the state folder, by path from it.
func tree(t *testing.T, n network.Network) map[string]stamp {
	t.Helper()
	all := map[string]stamp{}
	err := filepath.WalkDir(n.StateDir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s := stamp{Mode: info.Mode()}
		if !d.IsDir() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			s.Content, s.Time = string(text), info.ModTime()
		}
		rel, err := filepath.Rel(n.StateDir(), path)
		all[rel] = s
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func certAt(t *testing.T, elem ...string) *x509.Certificate {
	t.Helper()
	cert, err := readCertificate(filepath.Join(elem...))
	if err != nil || cert == nil {
		t.Fatalf("certificate %v: %v", elem, err)
	}
	return cert
}

// verify checks cert against the one root at rootFile.
func verify(t *testing.T, cert *x509.Certificate, rootFile string, usage x509.ExtKeyUsage, name string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(certAt(t, rootFile))
	_, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, KeyUsages: []x509.ExtKeyUsage{usage}})
	if err != nil {
		t.Errorf("%s: %v", cert.Subject, err)
	}
}

func TestIdentitiesChainToTheirOrg(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	tests := []struct{ name, msp, domain, ou string }{
		{"orderer", filepath.Join(n.NodeDir(n.Orderer.Node), "msp"), "example.com", "orderer"},
		{"peer0.org1", filepath.Join(n.NodeDir(n.Orgs[0].Peers[0].Node), "msp"), "org1.example.com", "peer"},
		{"peer1.org2", filepath.Join(n.NodeDir(n.Orgs[1].Peers[1].Node), "msp"), "org2.example.com", "peer"},
		{"Admin", n.UserMSPDir("example.com", "Admin"), "example.com", "admin"},
		{"Admin", n.UserMSPDir("org2.example.com", "Admin"), "org2.example.com", "admin"},
		{"alice", n.UserMSPDir("org1.example.com", "alice"), "org1.example.com", "client"},
	}
	for _, tt := range tests {
		t.Run(tt.name+" of "+tt.domain, func(t *testing.T) {
			cert := certAt(t, tt.msp, "signcerts", "cert.pem")
			verify(t, cert, filepath.Join(n.MSPDir(tt.domain), "cacerts", "ca.pem"), x509.ExtKeyUsageAny, "")
			if got := cert.Subject.OrganizationalUnit; cert.Subject.CommonName != tt.name || !slices.Equal(got, []string{tt.ou}) {
				t.Errorf("subject %s, want CN=%s, OU=%s", cert.Subject, tt.name, tt.ou)
			}
			if key, err := readKey(filepath.Join(tt.msp, "keystore", "key.pem")); err != nil || !key.PublicKey.Equal(cert.PublicKey) {
				t.Errorf("the key beside it is not its key (%v)", err)
			}
			for _, f := range []string{"cacerts/ca.pem", "tlscacerts/ca.pem", "config.yaml"} {
				of, errOf := os.ReadFile(filepath.Join(n.MSPDir(tt.domain), f))
				has, err := os.ReadFile(filepath.Join(tt.msp, f))
				if errOf != nil || err != nil || string(of) != string(has) {
					t.Errorf("%s differs from the org's (%v, %v)", f, errOf, err)
				}
			}
		})
	}
}

func TestTLSCertificatesAreValidForTheirNames(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	tests := []struct {
		node   network.Node
		domain string
	}{
		{n.Orderer.Node, "example.com"},
		{n.Orgs[0].Peers[0].Node, "org1.example.com"},
		{n.Orgs[1].Peers[1].Node, "org2.example.com"},
	}
	for _, tt := range tests {
		t.Run(tt.node.Name, func(t *testing.T) {
			dir := filepath.Join(n.NodeDir(tt.node), "tls")
			cert := certAt(t, dir, "server.crt")
			for _, name := range []string{tt.node.Name, "localhost", "127.0.0.1", "::1"} {
				verify(t, cert, n.TLSCAFile(tt.domain), x509.ExtKeyUsageServerAuth, name)
			}
			verify(t, cert, filepath.Join(dir, "ca.crt"), x509.ExtKeyUsageClientAuth, "")
			if cert.VerifyHostname("elsewhere") == nil {
				t.Error("it is valid for any name")
			}
		})
	}
}

func TestCertificatesAreInForceForTenYears(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	now := time.Now()
	for _, file := range []string{n.TLSCAFile("example.com"), filepath.Join(n.UserMSPDir("org1.example.com", "alice"), "signcerts", "cert.pem")} {
		cert := certAt(t, file)
		if cert.NotBefore.After(now.Add(-50*time.Minute)) || cert.NotAfter.Before(now.AddDate(9, 11, 0)) {
			t.Errorf("%s is in force from %s to %s", cert.Subject, cert.NotBefore, cert.NotAfter)
		}
	}
}

func TestAttributes(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	tests := []struct {
		user string
		want map[string]string
	}{
		{"alice", map[string]string{"hf.EnrollmentID": "alice", "hf.Type": "client", "hf.Affiliation": "", "role": "auditor"}},
		{"Admin", map[string]string{"hf.EnrollmentID": "Admin", "hf.Type": "admin", "hf.Affiliation": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.user, func(t *testing.T) {
			got, err := Attributes(certAt(t, n.UserMSPDir("org1.example.com", tt.user), "signcerts", "cert.pem"))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("none in a CA's", func(t *testing.T) {
		if got, err := Attributes(certAt(t, n.TLSCAFile("example.com"))); got != nil || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestOnlyTheOwnerCanReadKeys(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	for path, s := range tree(t, n) {
		switch ext := filepath.Ext(path); {
		case s.Mode.IsDir() && s.Mode.Perm() != 0o700:
			t.Errorf("folder %s is %o", path, s.Mode.Perm())
		case (ext == ".key" || filepath.Base(path) == "key.pem") && s.Mode.Perm() != 0o600:
			t.Errorf("key %s is %o", path, s.Mode.Perm())
		}
	}
}

func TestEnsureAgainChangesNothing(t *testing.T) {
	n := testNetwork(t)
	if !ensure(t, n) {
		t.Error("the first call says that it made nothing")
	}
	before := tree(t, n)
	if ensure(t, n) {
		t.Error("the second call says that it made something")
	}
	if d := cmp.Diff(before, tree(t, n)); d != "" {
		t.Error(d)
	}
}

func TestEnsureAddsAndKeepsTheRest(t *testing.T) {
	tests := []struct {
		name   string
		add    func(*network.Network)
		member func(network.Network) string
	}{
		{"user", func(n *network.Network) {
			n.Orgs[1].Users = append(n.Orgs[1].Users, network.User{Name: "bob"})
		}, func(n network.Network) string { return n.UserMSPDir("org2.example.com", "bob") }},
		{"org", func(n *network.Network) {
			n.Orgs = append(n.Orgs, network.Org{Name: "Org3", MSPID: "Org3MSP", Domain: "org3.example.com"})
		}, func(n network.Network) string { return n.UserMSPDir("org3.example.com", "Admin") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := testNetwork(t)
			ensure(t, n)
			before := tree(t, n)
			tt.add(&n)
			if !ensure(t, n) {
				t.Error("it says that it made nothing")
			}
			certAt(t, tt.member(n), "signcerts", "cert.pem")
			after := tree(t, n)
			for path, s := range before {
				if !cmp.Equal(after[path], s) {
					t.Errorf("%s changed", path)
				}
			}
		})
	}
}

func TestChangedAttributesAreCertifiedForTheSameKey(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	before := tree(t, n)
	n.Orgs[0].Users[0].Attributes = map[string]string{"role": "owner"}
	ensure(t, n)
	got, err := Attributes(certAt(t, n.UserMSPDir("org1.example.com", "alice"), "signcerts", "cert.pem"))
	if err != nil || got["role"] != "owner" {
		t.Errorf("attributes %v, %v", got, err)
	}
	var changed []string
	for path, s := range tree(t, n) {
		if !cmp.Equal(before[path], s) {
			changed = append(changed, path)
		}
	}
	want := []string{filepath.Join("organizations", "org1.example.com", "users", "alice", "msp", "signcerts", "cert.pem")}
	if d := cmp.Diff(want, changed); d != "" {
		t.Error(d)
	}
}
