package extbuilder

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/google/go-cmp/cmp"
)

// released is what the peer finds after a build and a release.
func released(t *testing.T, source, packageType string, env func(string) string) map[string]string {
	t.Helper()
	built, release := t.TempDir(), t.TempDir()
	if err := Run("build", []string{source, meta(t, packageType), built}, env); err != nil {
		t.Fatal(err)
	}
	if err := Run("release", []string{built, release}, env); err != nil {
		t.Fatal(err)
	}
	return content(t, release)
}

func TestBuildAndRelease(t *testing.T) {
	const index = "couchdb/indexes/a.json"
	connection := `{"address":"basic:9999","dial_timeout":"10s","tls_required":false}` + "\n"
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  map[string]string
	}{
		{"smallest", map[string]string{"connection.json": `{"address":"basic:9999"}`},
			map[string]string{"chaincode/server/connection.json": connection}},
		{"the docs' booleans, no TLS", map[string]string{"connection.json": `{"address":"basic:9999","dial_timeout":"","tls_required":"false","client_auth_required":"true","root_cert":"{{.none}}"}`},
			map[string]string{"chaincode/server/connection.json": connection}},
		{"indexes", map[string]string{"connection.json": `{"address":"basic:9999"}`,
			"META-INF/statedb/" + index: "1", "META-INF/statedb/couchdb/collections/c/indexes/b.json": "2", "META-INF/other": "3", "src/x": "4"},
			map[string]string{"chaincode/server/connection.json": connection,
				"statedb/" + index: "1", "statedb/couchdb/collections/c/indexes/b.json": "2"}},
		{"indexes where the docs have them", map[string]string{"connection.json": `{"address":"basic:9999"}`, "metadata/statedb/" + index: "1"},
			map[string]string{"chaincode/server/connection.json": connection, "statedb/" + index: "1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, released(t, folder(t, tc.files), "external", noEnv)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBuildOfOurPackage goes the way of a package: built, read back, unpacked, released.
func TestBuildOfOurPackage(t *testing.T) {
	cert, key := keyPair(t)
	want := ccpackage.Connection{Address: "{{.peername}}.example.com:9999", DialTimeout: "3s", TLSRequired: true, ClientAuthRequired: true,
		RootCert: "{{.root}}", ClientCert: cert, ClientKey: key, Domain: "basic"}
	pkg, err := ccpackage.Build(ccpackage.Spec{Label: "a", Type: ccpackage.TypeCCAAS, Connection: want})
	if err != nil {
		t.Fatal(err)
	}
	p, err := ccpackage.Read(pkg)
	if err != nil {
		t.Fatal(err)
	}
	values, err := json.Marshal(map[string]string{"peername": "org1peer1", "root": cert})
	if err != nil {
		t.Fatal(err)
	}
	files := released(t, source(t, string(p.Connection.Encode())), "ccaas", config(string(values)))
	got, err := ccpackage.ParseConnection([]byte(files["chaincode/server/connection.json"]))
	if err != nil {
		t.Fatal(err)
	}
	want.Address, want.RootCert = "org1peer1.example.com:9999", cert
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyTimeoutFromATemplateBecomesTheDefault(t *testing.T) {
	files := released(t, source(t, `{"address":"a:{{.port}}","dial_timeout":"{{.t}}"}`), "ccaas", config(`{"t":"","port":9999}`))
	want := `{"address":"a:9999","dial_timeout":"10s","tls_required":false}` + "\n"
	if got := files["chaincode/server/connection.json"]; got != want {
		t.Errorf("got %s", got)
	}
}

func TestBuildRejects(t *testing.T) {
	cert, key := keyPair(t)
	_, otherKey := keyPair(t)
	withTLS := func(fields map[string]any) string {
		fields["address"], fields["tls_required"] = "a:1", true
		data, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, tc := range []struct {
		name, connection, config string
		says                     []string
	}{
		{"broken", "{", "", []string{"connection.json"}},
		{"no address", "{}", "", []string{"connection.json", "address"}},
		{"address without a port", `{"address":"a"}`, "", []string{"connection.json", "address", `"a"`}},
		{"no boolean", `{"address":"a:1","tls_required":"on"}`, "", []string{"connection.json", "tls_required"}},
		{"bad timeout", `{"address":"a:1","dial_timeout":"10"}`, "", []string{"connection.json", "dial_timeout"}},
		{"template without values", `{"address":"{{.peername}}:1"}`, "", []string{"address", "connection.json", "peername"}},
		{"template with other values", `{"address":"{{.peername}}:1"}`, `{"peer":"a"}`, []string{"address", "peername"}},
		{"broken template", `{"address":"{{.peername:1"}`, `{"peername":"a"}`, []string{"address", "connection.json"}},
		{"broken values", `{"address":"a:1"}`, `{`, []string{ConfigVariable}},
		{"expanded to no address", `{"address":"{{.a}}"}`, `{"a":"b"}`, []string{"address", `"b"`}},
		{"no root", withTLS(map[string]any{}), "", []string{"connection.json", "root_cert"}},
		{"root is no PEM", withTLS(map[string]any{"root_cert": "elsewhere.pem"}), "", []string{"root_cert", "PEM"}},
		{"root is a file of the package", withTLS(map[string]any{"root_cert": "tls/ca.pem"}), "", []string{"connection.json", "root_cert", `"tls/ca.pem"`}},
		{"no client key", withTLS(map[string]any{"root_cert": cert, "client_auth_required": "true", "client_cert": cert}), "", []string{"client_key"}},
		{"key of another", withTLS(map[string]any{"root_cert": cert, "client_auth_required": true, "client_cert": cert, "client_key": otherKey}), "", []string{"client_key", "client_cert"}},
		{"key is a file of the package", withTLS(map[string]any{"root_cert": cert, "client_auth_required": true, "client_cert": cert, "client_key": "tls/key.pem"}), "", []string{"client_key", `"tls/key.pem"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := folder(t, map[string]string{"connection.json": tc.connection, "tls/ca.pem": cert, "tls/key.pem": key})
			output := t.TempDir()
			isFault(t, Build(src, meta(t, "ccaas"), output, config(tc.config)), tc.says...)
			if files := content(t, output); len(files) > 0 {
				t.Errorf("the failed build left %v", files)
			}
		})
	}
}

func TestBuildOfAnotherTypeOrNothing(t *testing.T) {
	if err := Build(source(t, `{"address":"a:1"}`), meta(t, "golang"), t.TempDir(), noEnv); !errors.Is(err, ErrNotOurs) {
		t.Errorf("got %v, want ErrNotOurs", err)
	}
	isFault(t, Build(t.TempDir(), meta(t, "ccaas"), t.TempDir(), noEnv), "connection.json")
	isFault(t, Release(t.TempDir(), t.TempDir()), "connection.json")
}

func TestBuildFollowsNoLinks(t *testing.T) {
	secret := folder(t, map[string]string{"connection.json": `{"address":"a:1"}`, "META-INF/statedb/secret": "secret"})
	for _, tc := range []struct{ name, link, to string }{
		{"connection", "connection.json", "connection.json"},
		{"META-INF", "META-INF", "META-INF"},
		{"statedb", "META-INF/statedb", "META-INF/statedb"},
		{"file", "META-INF/statedb/a.json", "META-INF/statedb/secret"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := t.TempDir()
			link := filepath.Join(src, tc.link)
			err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(filepath.Join(secret, tc.to), link))
			if err != nil {
				t.Fatal(err)
			}
			if tc.link != "connection.json" {
				if err := os.WriteFile(filepath.Join(src, "connection.json"), []byte(`{"address":"a:1"}`), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			output := t.TempDir()
			isFault(t, Build(src, meta(t, "ccaas"), output, noEnv), filepath.Base(tc.link))
			for name, text := range content(t, output) {
				if text == "secret" {
					t.Errorf("%s was copied out of the package's reach", name)
				}
			}
		})
	}
}

func TestBuildFollowsNoLinksWithinThePackage(t *testing.T) {
	for _, tc := range []struct{ name, link, to string }{
		{"connection", "connection.json", "real/connection.json"},
		{"META-INF", "META-INF", "real"},
		{"file", "META-INF/statedb/a.json", "../../real/statedb/a.json"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			const connection = `{"address":"a:1"}`
			files := map[string]string{"connection.json": connection, "real/connection.json": connection, "real/statedb/a.json": "1"}
			delete(files, tc.link)
			src := folder(t, files)
			link := filepath.Join(src, tc.link)
			if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(tc.to, link)); err != nil {
				t.Fatal(err)
			}
			isFault(t, Build(src, meta(t, "ccaas"), t.TempDir(), noEnv), tc.link, "not a plain")
		})
	}
}

func TestTheConnectionIsForThePeersUserAlone(t *testing.T) {
	output := t.TempDir()
	if err := Build(source(t, `{"address":"a:1"}`), meta(t, "ccaas"), output, noEnv); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(output, "connection.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got the mode %v: %v", info.Mode(), err)
	}
}
