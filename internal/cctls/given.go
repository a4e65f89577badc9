package cctls

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// Check reads the user's own certificates for a chaincode that peers dial at host, and sees that
// they are good for it. A fault is of the kind Usage, and names the file.
func Check(t project.TLS, host string) error {
	_, err := readGiven(t, host)
	return err
}

// CheckDialling sees that a chaincode which dials will take the user's own certificate from its
// relay, beside which it runs.
func CheckDialling(t project.TLS) error {
	made, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return fault.New(fault.Usage, "correct cert and key under tls in "+project.FileName, "the chaincode's certificate cannot be read: %w", err)
	}
	return checkHost(made.Leaf, t.Cert, "127.0.0.1", "the chaincode dials its relay (it starts with shim.Start, or its mode is client)")
}

func checkHost(leaf *x509.Certificate, file, host, who string) error {
	if err := leaf.VerifyHostname(host); err != nil {
		return fault.New(fault.Usage, "have it made anew, with "+host+" among its subject alternative names (SAN)",
			"the certificate %s is not for %s, where %s: %w", file, host, who, err)
	}
	return nil
}

// Keep puts the user's own certificates into dir, where everything looks for them.
func Keep(t project.TLS, host, dir string) error {
	files, err := readGiven(t, host)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := put(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return KeepBase64(dir)
}

// KeepBase64 writes the client's certificate in dir as Fabric's peers give it to chaincodes.
func KeepBase64(dir string) error {
	for from, to := range map[string]string{ClientCertFile: clientCertBase64, ClientKeyFile: clientKeyBase64} {
		text, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			return err
		}
		if err := put(filepath.Join(dir, to), base64.StdEncoding.AppendEncode(nil, text)); err != nil {
			return err
		}
	}
	return nil
}

// put makes the file hold text, and leaves it alone if it does.
func put(file string, text []byte) error {
	if has, err := os.ReadFile(file); err == nil && bytes.Equal(has, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(file, text, 0o600)
}

// readGiven gives what the files of the user hold, by the names that they are to have. Who dials
// a chaincode without having to show a certificate is still given one, as shims insist on it: the
// chaincode's own.
func readGiven(t project.TLS, host string) (map[string][]byte, error) {
	ca, roots, err := readCA(t.CA)
	if err != nil {
		return nil, err
	}
	own := pair{certFile: t.Cert, keyFile: t.Key, host: host, use: x509.ExtKeyUsageServerAuth}
	if err := own.read(roots, t.CA); err != nil {
		return nil, err
	}
	client := own
	if t.ClientCert != "" {
		client = pair{certFile: t.ClientCert, keyFile: t.ClientKey, use: x509.ExtKeyUsageClientAuth}
		if err := client.read(roots, t.CA); err != nil {
			return nil, err
		}
	}
	return map[string][]byte{
		CAFile: ca, CertFile: own.cert, KeyFile: own.key, ClientCertFile: client.cert, ClientKeyFile: client.key,
	}, nil
}

func readCA(file string) ([]byte, *x509.CertPool, error) {
	text, err := readFile("ca", file)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, nil, fault.New(fault.Usage, "name the file of whoever signed the certificate, in PEM form (-----BEGIN CERTIFICATE-----)",
			"the ca %s holds no certificate", file)
	}
	return text, roots, nil
}

func readFile(field, file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Usage, "correct "+field+" under tls in "+project.FileName+": paths are relative to that file",
			"the chaincode's %s cannot be read: %w", field, err)
	}
	return text, nil
}

// pair is a certificate with its key.
type pair struct {
	certFile, keyFile string
	host              string // that it has to be for; empty for a client's
	use               x509.ExtKeyUsage
	cert, key         []byte
}

// read reads the pair, and checks all that the other side will.
func (p *pair) read(roots *x509.CertPool, caFile string) (err error) {
	certField, keyField := "cert", "key"
	if p.host == "" {
		certField, keyField = "clientCert", "clientKey"
	}
	if p.cert, err = readFile(certField, p.certFile); err != nil {
		return err
	}
	if p.key, err = readFile(keyField, p.keyFile); err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(p.cert) {
		return fault.New(fault.Usage, "name the file of a certificate in PEM form (-----BEGIN CERTIFICATE-----)",
			"the %s %s holds no certificate", certField, p.certFile)
	}
	made, err := tls.X509KeyPair(p.cert, p.key)
	if err != nil {
		return fault.New(fault.Usage, "name the key that the certificate was made for, in PEM form and without a password",
			"the %s %s is no key of %s: %w", keyField, p.keyFile, p.certFile, err)
	}
	return p.check(made, roots, caFile)
}

func (p *pair) check(made tls.Certificate, roots *x509.CertPool, caFile string) error {
	leaf, now := made.Leaf, time.Now()
	const day = "2006-01-02 15:04"
	switch {
	case now.After(leaf.NotAfter):
		return fault.New(fault.Usage, "have it renewed", "the certificate %s has expired, on %s", p.certFile, leaf.NotAfter.Format(day))
	case now.Before(leaf.NotBefore):
		return fault.New(fault.Usage, "wait until then, or see that this machine's clock is right",
			"the certificate %s is good from %s on only", p.certFile, leaf.NotBefore.Format(day))
	}
	if p.host != "" {
		if err := checkHost(leaf, p.certFile, p.host, "the peers dial the chaincode"); err != nil {
			return err
		}
	}
	between := x509.NewCertPool()
	for _, der := range made.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(cert)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{p.use}})
	if err != nil {
		return fault.New(fault.Usage, "name in ca who signed it (the certificate itself, where it has signed itself)",
			"the certificate %s is not trusted with the ca %s: %w", p.certFile, caFile, err)
	}
	return nil
}
