package msp

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
)

func TestLoadUser(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	tests := []struct{ org, user, mspID string }{
		{"Org1", "alice", "Org1MSP"},
		{"Org1MSP", "Admin", "Org1MSP"},
		{"org2.example.com", "Admin", "Org2MSP"},
		{"OrdererMSP", "Admin", "OrdererMSP"},
		{"example.com", "Admin", "OrdererMSP"},
	}
	for _, tt := range tests {
		t.Run(tt.user+" of "+tt.org, func(t *testing.T) {
			id, err := LoadUser(n, tt.org, tt.user)
			if err != nil {
				t.Fatal(err)
			}
			if id.MspID() != tt.mspID || id.Certificate.Subject.CommonName != tt.user {
				t.Errorf("got %s of %s", id.Certificate.Subject, id.MspID())
			}
			if string(id.Credentials()) != string(encodePEM("CERTIFICATE", id.Certificate.Raw)) {
				t.Error("its credentials are not its certificate")
			}
			message := []byte("message")
			digest := sha256.Sum256(message)
			key, ok := id.Certificate.PublicKey.(*ecdsa.PublicKey)
			if !ok {
				t.Fatalf("public key of type %T", id.Certificate.PublicKey)
			}
			signed, err := id.Sign(message)
			if err != nil || !ecdsa.VerifyASN1(key, digest[:], signed) {
				t.Errorf("Sign: wrong signature, %v", err)
			}
			signed, err = id.SignDigest(digest[:])
			if err != nil || !ecdsa.VerifyASN1(key, digest[:], signed) {
				t.Errorf("SignDigest: wrong signature, %v", err)
			}
		})
	}
}

func TestLoadUserTellsWhatThereIs(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	tests := []struct {
		name, org, user string
		fix             []string
	}{
		{"unknown user", "Org1", "mallory", []string{"Admin", "alice"}},
		{"user of another org", "Org2", "alice", []string{"Admin"}},
		{"a path", "Org1", "../Admin", []string{"Admin", "alice"}},
		{"unknown org", "Org7", "Admin", []string{"Org1", "Org2", "OrdererMSP"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := LoadUser(n, tt.org, tt.user)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != fault.Usage {
				t.Fatalf("got %v", err)
			}
			if want := "use one of: " + strings.Join(tt.fix, ", "); f.Fix != want {
				t.Errorf("fix %q, want %q", f.Fix, want)
			}
		})
	}
}

func TestLoadingBeforeAnythingIsMade(t *testing.T) {
	n := testNetwork(t)
	tests := []struct {
		name string
		load func() error
	}{
		{"user", func() error { _, err := LoadUser(n, "Org1", "Admin"); return err }},
		{"admin TLS", func() error { _, err := AdminTLS(n); return err }},
		{"TLS roots", func() error { _, err := TLSRoots(n, "example.com"); return err }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f *fault.Fault
			if err := tt.load(); !errors.As(err, &f) || f.Kind != fault.Boot || f.Fix == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAdminTLSIsOfTheOrderersOrg(t *testing.T) {
	n := testNetwork(t)
	ensure(t, n)
	client, err := AdminTLS(n)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := TLSRoots(n, "example.com")
	if err != nil {
		t.Fatal(err)
	}
	usage := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if _, err := client.Leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: usage}); err != nil {
		t.Error(err)
	}
}
