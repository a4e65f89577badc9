package msp

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/google/go-cmp/cmp"
)

// whole checks that every identity and TLS certificate of the network holds.
func whole(t *testing.T, n network.Network) {
	t.Helper()
	for _, o := range orgs(n) {
		ca, tlsCA := filepath.Join(o.msp, "cacerts", "ca.pem"), filepath.Join(o.msp, "tlscacerts", "ca.pem")
		for _, u := range o.users {
			if _, err := LoadUser(n, o.domain, u.Name); err != nil {
				t.Errorf("%s of %s: %v", u.Name, o.domain, err)
			}
			verify(t, certAt(t, n.UserMSPDir(o.domain, u.Name), "signcerts", "cert.pem"), ca, x509.ExtKeyUsageAny, "")
		}
		for _, node := range o.nodes {
			dir := n.NodeDir(node)
			verify(t, certAt(t, dir, "msp", "signcerts", "cert.pem"), ca, x509.ExtKeyUsageAny, "")
			verify(t, certAt(t, dir, "tls", "server.crt"), tlsCA, x509.ExtKeyUsageServerAuth, node.Name)
			for _, pair := range [][2]string{{"msp/signcerts/cert.pem", "msp/keystore/key.pem"}, {"tls/server.crt", "tls/server.key"}} {
				cert, key, err := readPair(filepath.Join(dir, pair[0]), filepath.Join(dir, pair[1]))
				if err != nil || cert == nil || key == nil {
					t.Errorf("%s of %s: %v", pair, node.Name, err)
				}
			}
		}
	}
	if _, err := AdminTLS(n); err != nil {
		t.Error(err)
	}
}

// Each file is lost in turn, and each again left empty: whatever a kill or a full disk leaves,
// the next call makes whole, and the one after finds nothing to do.
func TestEnsureRepairsALostFile(t *testing.T) {
	n := testNetwork(t)
	n.Orgs = n.Orgs[:1]
	ensure(t, n)
	for path, s := range tree(t, n) {
		if s.Mode.IsDir() {
			continue
		}
		file := filepath.Join(n.StateDir(), path)
		damages := map[string]func() error{"lost": func() error { return os.Remove(file) }}
		if isCA := slices.Contains([]string{"ca", "tlsca"}, filepath.Base(filepath.Dir(path))); !isCA {
			damages["empty"] = func() error { return os.Truncate(file, 0) }
		} else if filepath.Base(path) == "ca.key" {
			continue // a CA that has signed cannot do without
		}
		for name, damage := range damages {
			t.Run(path+" "+name, func(t *testing.T) {
				if err := damage(); err != nil {
					t.Fatal(err)
				}
				if !ensure(t, n) {
					t.Error("it says that it made nothing")
				}
				whole(t, n)
				if ensure(t, n) {
					t.Error("the next call made something again")
				}
			})
		}
	}
}

// A kill during the first call leaves an org without users, whose CAs have signed nothing.
func TestEnsureReplacesACAThatHasSignedNothing(t *testing.T) {
	n := testNetwork(t)
	dir := filepath.Join(n.OrgDir("org1.example.com"), "ca")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.key"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ensure(t, n)
	whole(t, n)
}

func TestEnsureKeepsTheKeyOfALostCertificate(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	dir := n.UserMSPDir("org1.example.com", "alice")
	before := certAt(t, dir, "signcerts", "cert.pem")
	if err := os.Remove(filepath.Join(dir, "signcerts", "cert.pem")); err != nil {
		t.Fatal(err)
	}
	ensure(t, n)
	after := certAt(t, dir, "signcerts", "cert.pem")
	if string(before.RawSubjectPublicKeyInfo) != string(after.RawSubjectPublicKeyInfo) {
		t.Error("alice got a new key")
	}
	if before.SerialNumber.Cmp(after.SerialNumber) == 0 {
		t.Error("two certificates have one serial number")
	}
}

// Fabric would take the leftover for a certificate.
func TestEnsureSweepsWhatAKillLeft(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	dir := filepath.Join(n.UserMSPDir("org1.example.com", "alice"), "signcerts")
	if err := os.Rename(filepath.Join(dir, "cert.pem"), filepath.Join(dir, ".cert.pem.123")); err != nil {
		t.Fatal(err)
	}
	ensure(t, n)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "cert.pem" {
		t.Errorf("in the folder: %v, %v", entries, err)
	}
}

func TestEnsureRefusesToReplaceACA(t *testing.T) {
	tests := []struct {
		name   string
		damage func(dir string) error
	}{
		{"key lost", func(dir string) error { return os.Remove(filepath.Join(dir, "ca.key")) }},
		{"key and certificate lost", os.RemoveAll},
		{"key empty", func(dir string) error { return os.Truncate(filepath.Join(dir, "ca.key"), 0) }},
		{"certificate empty", func(dir string) error { return os.Truncate(filepath.Join(dir, "ca.pem"), 0) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := testNetwork(t)
			ensure(t, n)
			if err := tt.damage(filepath.Join(n.OrgDir("org1.example.com"), "ca")); err != nil {
				t.Fatal(err)
			}
			before := tree(t, n)
			_, err := Ensure(n)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != fault.Boot || f.Fix == "" {
				t.Errorf("got %v", err)
			}
			if d := cmp.Diff(before, tree(t, n)); d != "" {
				t.Error(d)
			}
		})
	}
}
