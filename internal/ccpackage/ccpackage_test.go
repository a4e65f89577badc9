package ccpackage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/google/go-cmp/cmp"
)

const ownerIndex = `{"index":{"fields":["owner",{"size":"desc"}]},"ddoc":"ownerDoc","name":"owner","type":"json"}`

// fixed is the package whose bytes must never change.
func fixed(t *testing.T) Spec {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "META-INF/statedb/couchdb/indexes/owner.json", ownerIndex)
	put(t, dir, "META-INF/statedb/couchdb/collections/secrets/indexes/owner.json", ownerIndex)
	return Spec{Label: "basic_1.0", Type: TypeCCAAS, MetaInf: dir, Connection: Connection{Address: "basic:9999"}}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, spec Spec) []byte {
	t.Helper()
	pkg, err := Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// isUsage wants a fault of the kind Usage that has a fix and says all of texts.
func isUsage(t *testing.T, err error, texts ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Usage || f.Fix == "" {
		t.Fatalf("got %v, want a usage fault with a fix", err)
	}
	for _, text := range texts {
		if !strings.Contains(f.What, text) {
			t.Errorf("%q does not say %q", f.What, text)
		}
	}
}

func TestBuildGivesTheBytesItAlwaysGave(t *testing.T) {
	const want = "basic_1.0:df81853e8cf151e71b58c4f7752d6053f76e678bad3c3f2392defb33ab80b8f8"
	if got := ID("basic_1.0", build(t, fixed(t))); got != want {
		t.Errorf("the ID is %s, and was %s: installed packages would not be found again", got, want)
	}
}

func TestBuildIgnoresTimesAndModes(t *testing.T) {
	spec := fixed(t)
	first := build(t, spec)
	index := filepath.Join(spec.MetaInf, "META-INF/statedb/couchdb/indexes/owner.json")
	if err := errors.Join(os.Chmod(index, 0o600), os.Chtimes(index, time.Unix(1, 0), time.Unix(1, 0))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, build(t, spec)) {
		t.Error("the package depends on the times or modes of its files")
	}
}

func TestBuildDependsOnItsContent(t *testing.T) {
	spec := fixed(t)
	first := build(t, spec)
	put(t, spec.MetaInf, "META-INF/statedb/couchdb/indexes/size.json", ownerIndex)
	if bytes.Equal(first, build(t, spec)) {
		t.Error("a new index did not change the package")
	}
}

// unpack lists an archive with the standard library alone, as the peer reads it.
func unpack(t *testing.T, data []byte) (names []string, content map[string]string) {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	content = make(map[string]string)
	archive := tar.NewReader(gz)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
		content[header.Name] = string(body)
	}
	if _, err := io.Copy(io.Discard, gz); err != nil {
		t.Fatal(err)
	}
	return names, content
}

func TestBuildLaysOutThePackage(t *testing.T) {
	pkg := build(t, fixed(t))
	outer, content := unpack(t, pkg)
	if diff := cmp.Diff([]string{"metadata.json", "code.tar.gz"}, outer); diff != "" {
		t.Error(diff)
	}
	if got, want := content["metadata.json"], `{"type":"ccaas","label":"basic_1.0"}`+"\n"; got != want {
		t.Errorf("metadata.json is %s", got)
	}
	inner, code := unpack(t, []byte(content["code.tar.gz"]))
	if diff := cmp.Diff([]string{
		"connection.json",
		"META-INF/statedb/couchdb/collections/secrets/indexes/owner.json",
		"META-INF/statedb/couchdb/indexes/owner.json",
	}, inner); diff != "" {
		t.Error(diff)
	}
	want := `{"address":"basic:9999","dial_timeout":"10s","tls_required":false}` + "\n"
	if got := code["connection.json"]; got != want {
		t.Errorf("connection.json is %s", got)
	}
	if code["META-INF/statedb/couchdb/indexes/owner.json"] != ownerIndex {
		t.Error("the index is not in the package as it was")
	}
	if !peerTakes(pkg) {
		t.Error("the peer's rules refuse the package")
	}
}

func TestGzipStoredIsReadByTheStandardLibrary(t *testing.T) {
	for _, size := range []int{0, 1, maxStored - 1, maxStored, maxStored + 1, 3*maxStored + 7} {
		data := bytes.Repeat([]byte("abc"), size/3+1)[:size]
		gz, err := gzip.NewReader(bytes.NewReader(gzipStored(data)))
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := io.ReadAll(gz)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back as %d: %v", size, len(got), err)
		}
	}
}

func TestBuildRejects(t *testing.T) {
	cert, key := keyPair(t)
	_, otherKey := keyPair(t)
	good := Connection{Address: "basic:9999"}
	secure := Connection{Address: "basic:9999", TLSRequired: true, RootCert: cert}
	mutual := secure
	mutual.ClientAuthRequired = true
	with := func(c Connection, change func(*Connection)) Connection { change(&c); return c }
	for _, tc := range []struct {
		name string
		spec Spec
		says []string
	}{
		{"label", Spec{Label: "a b", Type: TypeCCAAS, Connection: good}, []string{`"a b"`, "label"}},
		{"type", Spec{Label: "a", Type: "golang", Connection: good}, []string{`"golang"`}},
		{"no address", Spec{Label: "a", Type: TypeCCAAS}, []string{"address", "missing"}},
		{"no port", Spec{Label: "a", Type: TypeCCAAS, Connection: Connection{Address: "basic"}}, []string{"address", `"basic"`}},
		{"timeout", Spec{Label: "a", Type: TypeExternal, Connection: Connection{Address: "a:1", DialTimeout: "10"}}, []string{"dial_timeout", `"10"`}},
		{"negative timeout", Spec{Label: "a", Type: TypeExternal, Connection: Connection{Address: "a:1", DialTimeout: "-1s"}}, []string{"dial_timeout", "negative"}},
		{"no root", Spec{Label: "a", Type: TypeCCAAS, Connection: with(secure, func(c *Connection) { c.RootCert = "" })}, []string{"root_cert", "missing"}},
		{"root is a path", Spec{Label: "a", Type: TypeCCAAS, Connection: with(secure, func(c *Connection) { c.RootCert = "tls/ca.pem" })}, []string{"root_cert", "PEM"}},
		{"root is a key", Spec{Label: "a", Type: TypeCCAAS, Connection: with(secure, func(c *Connection) { c.RootCert = key })}, []string{"root_cert"}},
		{"no client key", Spec{Label: "a", Type: TypeCCAAS, Connection: with(mutual, func(c *Connection) { c.ClientCert = cert })}, []string{"client_key", "missing"}},
		{"no client cert", Spec{Label: "a", Type: TypeCCAAS, Connection: with(mutual, func(c *Connection) { c.ClientKey = key })}, []string{"client_cert", "missing"}},
		{"key of another", Spec{Label: "a", Type: TypeCCAAS, Connection: with(mutual, func(c *Connection) { c.ClientCert, c.ClientKey = cert, otherKey })}, []string{"client_key", "client_cert"}},
		{"key is no PEM", Spec{Label: "a", Type: TypeCCAAS, Connection: with(mutual, func(c *Connection) { c.ClientCert, c.ClientKey = cert, "s3cret" })}, []string{"client_key", "PEM"}},
		{"a bad root beside a template", Spec{Label: "a", Type: TypeCCAAS, Connection: with(secure, func(c *Connection) { c.Address, c.RootCert = "{{.peer}}:1", "x" })}, []string{"root_cert"}},
		{"no folder", Spec{Label: "a", Type: TypeCCAAS, Connection: good, MetaInf: "no-such-folder"}, []string{"no-such-folder"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Build(tc.spec)
			isUsage(t, err, tc.says...)
			if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), otherKey) {
				t.Error("the error shows a key")
			}
		})
	}
}

func TestBuildKeepsTemplatesForThePeer(t *testing.T) {
	want := Connection{Address: "{{.peername}}_basic:9999", DialTimeout: "{{.t}}", TLSRequired: true, ClientAuthRequired: true,
		RootCert: `{{index .roots "<a&b>"}}`, ClientCert: "{{.cert}}", ClientKey: "{{.key}}", Domain: "basic"}
	p, err := Read(build(t, Spec{Label: "a", Type: TypeExternal, Connection: want}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, p.Connection); diff != "" {
		t.Error(diff)
	}
}

// keyPair makes a certificate and its key, as PEM.
func keyPair(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}
