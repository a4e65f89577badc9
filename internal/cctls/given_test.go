package cctls_test

import (
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

func TestGivenCertificatesAreKept(t *testing.T) {
	for _, mode := range []string{project.TLSServer, project.TLSMutual} {
		t.Run(mode, func(t *testing.T) {
			tls, dir := given(t, newSigner(t), mode, forServer), filepath.Join(t.TempDir(), "kept")
			for range 2 { // the second time over what is there
				if err := cctls.Keep(tls, host, dir); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range cctls.RelayFiles() {
				info, err := os.Stat(filepath.Join(dir, name))
				if err != nil || info.Mode() != 0o600 {
					t.Errorf("%s: %v %v", name, info, err)
				}
			}
			want := tls.Key // for mode server, as shims that dial insist on having one
			if mode == project.TLSMutual {
				want = tls.ClientKey
			}
			if got := read(t, filepath.Join(dir, cctls.ClientKeyFile)); got != read(t, want) {
				t.Errorf("the client's key is another one than %s", want)
			}
			coded, err := base64.StdEncoding.DecodeString(read(t, filepath.Join(dir, "client.key.base64")))
			if err != nil || string(coded) != read(t, want) {
				t.Errorf("the client's key in base64 is another one: %v", err)
			}
			setup := cctls.Setup{Mode: mode, Dir: dir, Name: host}
			if loaded, err := setup.Load(); err != nil || loaded == nil {
				t.Errorf("what was kept cannot be loaded: %v", err)
			}
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGivenFaults checks what a user is told of certificates that will not do: the file, what is
// wrong, and what to do.
func TestGivenFaults(t *testing.T) {
	s := newSigner(t)
	expired, later, clientOnly, elsewhere := forServer, forServer, forServer, forServer
	expired.end, later.begin = -time.Hour, time.Hour
	clientOnly.use = x509.ExtKeyUsageClientAuth
	elsewhere.dns = []string{"other.example.com"}
	for name, tc := range map[string]struct {
		server certificate
		spoil  func(t *testing.T, tls *project.TLS)
		file   func(project.TLS) string
		says   string
		fix    string
	}{
		"no file": {spoil: func(t *testing.T, tls *project.TLS) { remove(t, tls.Cert) }, file: cert, says: "cannot be read", fix: "correct cert"},
		"no key":  {spoil: func(t *testing.T, tls *project.TLS) { remove(t, tls.Key) }, file: key, says: "cannot be read", fix: "correct key"},
		"no client's key": {spoil: func(t *testing.T, tls *project.TLS) { remove(t, tls.ClientKey) },
			file: clientKey, says: "cannot be read", fix: "correct clientKey"},
		"no PEM": {spoil: func(t *testing.T, tls *project.TLS) { write(t, tls.Cert, []byte("hello")) },
			file: cert, says: "no certificate", fix: "PEM form"},
		"a CA that is no PEM": {spoil: func(t *testing.T, tls *project.TLS) { write(t, tls.CA, []byte("hello")) },
			file: ca, says: "no certificate", fix: "PEM form"},
		"a key for a certificate": {spoil: func(_ *testing.T, tls *project.TLS) { tls.Cert = tls.Key },
			file: key, says: "no certificate", fix: "PEM form"},
		"another key": {spoil: func(_ *testing.T, tls *project.TLS) { tls.Key = tls.ClientKey },
			file: clientKey, says: "no key of", fix: "the key that the certificate was made for"},
		"another CA": {spoil: func(t *testing.T, tls *project.TLS) { write(t, tls.CA, newSigner(t).pem()) },
			file: ca, says: "is not trusted", fix: "who signed it"},
		"a client's of another CA": {spoil: func(t *testing.T, tls *project.TLS) {
			text, key := newSigner(t).sign(t, forClient)
			write(t, tls.ClientCert, text)
			write(t, tls.ClientKey, key)
		}, file: clientCert, says: "is not trusted", fix: "who signed it"},
		"expired":          {server: expired, file: cert, says: "has expired", fix: "renewed"},
		"not yet":          {server: later, file: cert, says: "is good from", fix: "clock"},
		"for clients only": {server: clientOnly, file: cert, says: "is not trusted", fix: "signed"},
		"another name":     {server: elsewhere, file: cert, says: "is not for cc.example.com", fix: "cc.example.com among its subject alternative names"},
		"no name": {server: certificate{use: x509.ExtKeyUsageServerAuth}, file: cert,
			says: "is not for cc.example.com", fix: "subject alternative names"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.server.use == x509.ExtKeyUsageAny {
				tc.server = forServer
			}
			tls := given(t, s, project.TLSMutual, tc.server)
			if tc.spoil != nil {
				tc.spoil(t, &tls)
			}
			dir := filepath.Join(t.TempDir(), "kept")
			f := fault.From(cctls.Keep(tls, host, dir))
			if f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, tc.says) || !strings.Contains(f.Fix, tc.fix) {
				t.Fatalf("%#v, want %q and %q", f, tc.says, tc.fix)
			}
			if file := tc.file(tls); !strings.Contains(f.What, file) {
				t.Errorf("%q does not name %s", f.What, file)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("something was kept")
			}
			if cctls.Check(tls, host) == nil {
				t.Error("a plan finds nothing wrong")
			}
		})
	}
}

func cert(t project.TLS) string       { return t.Cert }
func key(t project.TLS) string        { return t.Key }
func ca(t project.TLS) string         { return t.CA }
func clientCert(t project.TLS) string { return t.ClientCert }
func clientKey(t project.TLS) string  { return t.ClientKey }

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}
