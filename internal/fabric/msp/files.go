package msp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/ccdev/ccdev/internal/atomicfile"
)

const (
	dirMode  = 0o700
	keyMode  = 0o600
	certMode = 0o644
)

// files writes identities, and remembers whether it wrote any.
type files struct{ written bool }

// putAll puts files by their path under dir, in the order of their names.
func (f *files) putAll(dir string, content map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(content)) {
		if err := f.put(filepath.Join(dir, filepath.FromSlash(name)), content[name], certMode); err != nil {
			return err
		}
	}
	return nil
}

// put makes the file hold data, and does nothing if it does already.
func (f *files) put(path string, data []byte, mode os.FileMode) error {
	if has, err := os.ReadFile(path); err == nil && bytes.Equal(has, data) {
		return nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	// Fabric takes every file in an MSP folder for a certificate, also what a kill left behind.
	leftovers, err := filepath.Glob(filepath.Join(escapeGlob(dir), "."+filepath.Base(path)+".*"))
	if err != nil {
		return err
	}
	for _, l := range leftovers {
		if err := os.Remove(l); err != nil {
			return err
		}
	}
	f.written = true
	return atomicfile.Write(path, data, mode)
}

// escapeGlob makes a pattern that matches nothing but the path.
func escapeGlob(path string) string {
	var b bytes.Buffer
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' && filepath.Separator != '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// readPair reads a key and the certificate for it. Each is nil when its file does not exist; an
// error says that one exists and is no use, or that they do not belong together.
func readPair(certFile, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := readKey(keyFile)
	if err != nil {
		return nil, nil, err
	}
	cert, err := readCertificate(certFile)
	if err != nil {
		return nil, key, err
	}
	if cert != nil && key != nil && !key.PublicKey.Equal(cert.PublicKey) {
		return nil, key, fmt.Errorf("%s is not the key of %s", keyFile, certFile)
	}
	return cert, key, nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	der, err := readPEM(file, "CERTIFICATE")
	if der == nil || err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return cert, nil
}

func readKey(file string) (*ecdsa.PrivateKey, error) {
	der, err := readPEM(file, "PRIVATE KEY")
	if der == nil || err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a key of type %T, not ECDSA", file, key)
	}
	return ec, nil
}

// readPEM gives the first block of a file, nil if there is no file.
func readPEM(file, kind string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%s holds no PEM block %q", file, kind)
	}
	return block.Bytes, nil
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
