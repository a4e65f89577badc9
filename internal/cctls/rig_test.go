package cctls_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/project"
)

// signer is a CA of a test.
type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certificate is what a test wants to be signed.
type certificate struct {
	dns        []string
	ips        []net.IP
	use        x509.ExtKeyUsage
	begin, end time.Duration // from now; a day before and after where they are 0
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	s := &signer{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &s.key.PublicKey, s.key)
	if err == nil {
		s.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign makes a certificate and its key, both PEM.
func (s *signer) sign(t *testing.T, c certificate) (cert, key []byte) {
	t.Helper()
	own := newKey(t)
	if c.begin == 0 {
		c.begin = -24 * time.Hour
	}
	if c.end == 0 {
		c.end = 24 * time.Hour
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "cc"}, DNSNames: c.dns, IPAddresses: c.ips,
		ExtKeyUsage: []x509.ExtKeyUsage{c.use}, NotBefore: time.Now().Add(c.begin), NotAfter: time.Now().Add(c.end),
	}, s.cert, &own.PublicKey, s.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", pkcs8)
}

func (s *signer) pem() []byte { return encode("CERTIFICATE", s.cert.Raw) }

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

var (
	forServer = certificate{dns: []string{"cc.example.com"}, ips: []net.IP{net.IPv4(127, 0, 0, 1)}, use: x509.ExtKeyUsageServerAuth}
	forClient = certificate{use: x509.ExtKeyUsageClientAuth}
)

const host = "cc.example.com"

// given writes the files of a user into a folder, and gives what ccdev.yaml would say of them.
func given(t *testing.T, s *signer, mode string, server certificate) project.TLS {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	cert, key := s.sign(t, server)
	clientCert, clientKey := s.sign(t, forClient)
	for name, text := range map[string][]byte{
		"cc.crt": cert, "cc.key": key, "ca.pem": s.pem(), "peer.crt": clientCert, "peer.key": clientKey,
	} {
		write(t, at(name), text)
	}
	tls := project.TLS{Mode: mode, Cert: at("cc.crt"), Key: at("cc.key"), CA: at("ca.pem")}
	if mode == project.TLSMutual {
		tls.ClientCert, tls.ClientKey = at("peer.crt"), at("peer.key")
	}
	return tls
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
