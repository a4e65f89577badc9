package msp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

// authority is a CA that can sign.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte // of cert
}

// authority reads the CA in dir, or makes it. Its key is written before its certificate, so a
// key alone is a CA whose making was cut short: it gets its certificate.
func (f *files) authority(dir, name string, o org) (*authority, error) {
	certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	cert, key, err := readPair(certFile, keyFile)
	if err == nil && key == nil && (cert != nil || o.issued()) {
		err = fmt.Errorf("%s is missing", keyFile)
	}
	if err != nil {
		if o.issued() {
			return nil, fault.New(fault.Boot, `run "ccdev down -v", then "ccdev up": a new network gets new identities`,
				"the CA %s has signed certificates and is damaged: %w", name, err)
		}
		cert, key = nil, nil
	}
	if cert == nil {
		if cert, key, err = f.makeAuthority(certFile, keyFile, name, o.domain, key); err != nil {
			return nil, err
		}
	}
	return &authority{cert: cert, key: key, pem: encodePEM("CERTIFICATE", cert.Raw)}, nil
}

// issued tells whether the org's CAs may have signed anything. The users' folder is the first
// thing made with them.
func (o org) issued() bool {
	_, err := os.Stat(filepath.Join(o.dir, "users"))
	return !errors.Is(err, os.ErrNotExist)
}

// makeAuthority makes a CA, of the key it has if it has one.
func (f *files) makeAuthority(certFile, keyFile, name, domain string, key *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := f.key(keyFile, key)
	if err != nil {
		return nil, nil, err
	}
	t := authorityTemplate(name, domain, time.Now())
	cert, err := f.sign(certFile, t, t, key, key)
	return cert, key, err
}

// leaf makes the certificate and key of a subject, unless they are there and as they should be.
// A key that is there is kept.
func (f *files) leaf(ca *authority, certFile, keyFile string, who subject) error {
	now := time.Now()
	want := who.template(ca.cert, now)
	// What is damaged is not worth a word: nothing hangs on a leaf but its owner.
	cert, key, err := readPair(certFile, keyFile)
	if err == nil && cert != nil && key != nil && ca.stands(cert, want, now) {
		return nil
	}
	if key, err = f.key(keyFile, key); err != nil {
		return err
	}
	_, err = f.sign(certFile, want, ca.cert, key, ca.key)
	return err
}

// stands tells whether cert is this CA's, in force, and says what want says.
func (ca *authority) stands(cert, want *x509.Certificate, now time.Time) bool {
	return cert.CheckSignatureFrom(ca.cert) == nil && now.Before(cert.NotAfter) && says(cert, want)
}

// key writes a key unless there is one already.
func (f *files) key(file string, has *ecdsa.PrivateKey) (*ecdsa.PrivateKey, error) {
	if has != nil {
		return has, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	return key, f.put(file, encodePEM("PRIVATE KEY", der), keyMode)
}

// sign signs a certificate for key and writes it.
func (f *files) sign(file string, t, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate of %s: %w", t.Subject.CommonName, err)
	}
	if err := f.put(file, encodePEM("CERTIFICATE", der), certMode); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
