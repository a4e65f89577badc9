package msp

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/cctls"
)

func TestChaincodeCertificates(t *testing.T) {
	for _, host := range []string{"chaincode-basic", "127.0.0.1"} {
		t.Run(host, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tls")
			if err := EnsureChaincode(dir, host); err != nil {
				t.Fatal(err)
			}
			ca, err := readCertificate(filepath.Join(dir, cctls.CAFile))
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(ca)
			server := pairIn(t, dir, cctls.CertFile, cctls.KeyFile)
			for _, name := range []string{host, "localhost", "127.0.0.1", "::1"} {
				if _, err := server.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			client := pairIn(t, dir, cctls.ClientCertFile, cctls.ClientKeyFile)
			if _, err := client.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
				t.Error(err)
			}
		})
	}
}

func pairIn(t *testing.T, dir, cert, key string) *x509.Certificate {
	t.Helper()
	certificate, private, err := readPair(filepath.Join(dir, cert), filepath.Join(dir, key))
	if err != nil || certificate == nil || private == nil {
		t.Fatalf("%s: %v", cert, err)
	}
	return certificate
}

// The package holds some of the files, and its ID must not change.
func TestChaincodeCertificatesStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	var first map[string]string
	for _, lose := range []string{"", "", cctls.CertFile, cctls.KeyFile, "client.key.base64"} {
		if lose != "" {
			if err := os.Remove(filepath.Join(dir, lose)); err != nil {
				t.Fatal(err)
			}
		}
		if err := EnsureChaincode(dir, "chaincode-basic"); err != nil {
			t.Fatal(err)
		}
		files := contents(t, dir)
		if first == nil {
			first = files
		}
		for _, name := range append(cctls.RelayFiles(), "ca.key") {
			own := name == cctls.CertFile || name == cctls.KeyFile
			if files[name] == "" || files[name] != first[name] && (!own || lose == "") {
				t.Errorf("without %q, %s became another one", lose, name)
			}
		}
	}
}

// contents are the files of a folder, of which the keys have to be closed to others.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
		if info, err := e.Info(); err != nil || strings.Contains(e.Name(), ".key") && info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
	return files
}
