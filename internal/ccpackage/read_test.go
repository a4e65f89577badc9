package ccpackage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entry is an entry of an archive made for a test; a file unless kind says otherwise.
type entry struct {
	name, content string
	kind          byte
}

func archive(t testing.TB, entries ...entry) string {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	w := tar.NewWriter(gz)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: 0o644, Typeflag: e.kind}
		switch e.kind {
		case 0, tar.TypeReg:
			header.Typeflag, header.Size = tar.TypeReg, int64(len(e.content))
		case tar.TypeLink, tar.TypeSymlink:
			header.Linkname = e.content
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if header.Size > 0 {
			if _, err := io.WriteString(w, e.content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

const (
	metadata   = `{"type":"ccaas","label":"basic_1.0"}`
	connection = `{"address":"basic:9999","tls_required":"false"}`
)

func wrap(t testing.TB, metadata, code string) string {
	return archive(t, entry{name: "metadata.json", content: metadata}, entry{name: "code.tar.gz", content: code})
}

func TestReadRoundTrip(t *testing.T) {
	spec := fixed(t)
	pkg := build(t, spec)
	got, err := Read(pkg)
	if err != nil {
		t.Fatal(err)
	}
	want := spec.Connection.Canonical()
	index := File{"META-INF/statedb/couchdb/indexes/owner.json", int64(len(ownerIndex))}
	collection := File{"META-INF/statedb/couchdb/collections/secrets/indexes/owner.json", int64(len(ownerIndex))}
	if diff := cmp.Diff(Package{
		Metadata:   Metadata{Type: "ccaas", Label: "basic_1.0"},
		ID:         ID("basic_1.0", pkg),
		Size:       len(pkg),
		Connection: &want,
		Files:      []File{{"connection.json", int64(len(want.Encode()))}, collection, index},
	}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]File{collection, index}, got.MetaInf()); diff != "" {
		t.Error(diff)
	}
	if id, err := IDOf(pkg); err != nil || id != got.ID {
		t.Errorf("IDOf says %s: %v", id, err)
	}
}

func TestReadTakesOtherPackages(t *testing.T) {
	for _, tc := range []struct {
		name, pkg  string
		packType   string
		files      []string
		connection bool
	}{
		{"golang", wrap(t, `{"path":"example.com/cc","type":"golang","label":"cc"}`,
			archive(t, entry{name: "src/", kind: tar.TypeDir}, entry{name: "src/go.mod", content: "module cc"}, entry{name: "src/main.go"})),
			"golang", []string{"src/go.mod", "src/main.go"}, false},
		{"made with tar and dots", wrap(t, metadata,
			archive(t, entry{name: "./", kind: tar.TypeDir}, entry{name: "./connection.json", content: connection})),
			"ccaas", []string{"connection.json"}, true},
		{"type in capitals", wrap(t, `{"type":"CCAAS","label":"cc"}`,
			archive(t, entry{name: "connection.json", content: connection})),
			"CCAAS", []string{"connection.json"}, true},
		{"another builder's connection.json", wrap(t, `{"type":"mine","label":"cc"}`,
			archive(t, entry{name: "connection.json", content: "[1]"})),
			"mine", []string{"connection.json"}, false},
		{"a file the peer ignores", archive(t, entry{name: "README", content: "hello"},
			entry{name: "code.tar.gz", content: archive(t, entry{name: "connection.json", content: connection})},
			entry{name: "metadata.json", content: metadata}),
			"ccaas", []string{"connection.json"}, true},
		{"no files at all", wrap(t, `{"type":"k8s","label":"cc"}`, archive(t)),
			"k8s", nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !peerTakes([]byte(tc.pkg)) {
				t.Fatal("the test's package is not one the peer takes")
			}
			p, err := Read([]byte(tc.pkg))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, f := range p.Files {
				names = append(names, f.Name)
			}
			if p.Type != tc.packType || !slices.Equal(names, tc.files) || (p.Connection != nil) != tc.connection {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestReadTakesTheZerosTarPadsWith(t *testing.T) {
	plain, err := gunzip(wrap(t, metadata, archive(t, entry{name: "connection.json", content: connection})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(gzipStored(append(plain, make([]byte, 10240)...))); err != nil {
		t.Error(err)
	}
	_, err = Read(gzipStored(append(plain, make([]byte, 10240)...))[:len(plain)])
	isUsage(t, err)
}

func gunzip(data string) ([]byte, error) {
	gz, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(gz)
}

func TestReadRejects(t *testing.T) {
	conn := entry{name: "connection.json", content: connection}
	code := archive(t, conn)
	good := wrap(t, metadata, code)
	inner := func(entries ...entry) string { return wrap(t, metadata, archive(t, append(entries, conn)...)) }
	many := make([]entry, maxEntries+1)
	for i := range many {
		many[i] = entry{name: "d/" + strings.Repeat("x", i%90) + string(rune('a'+i/90%26)) + string(rune('a'+i/2340))}
	}
	for _, tc := range []struct{ name, pkg, says string }{
		{"nothing", "", "gzip"},
		{"no gzip", "hello", "gzip"},
		{"no tar", string(gzipStored([]byte(strings.Repeat("hello", 200)))), "tar"},
		{"cut in the middle", good[:len(good)/2], "too early"},
		{"cut at the end", good[:len(good)-4], "too early"},
		{"garbage after the end", good + "some garbage behind it", "after its end"},
		{"a second archive after the end", good + good, "after its end"},
		{"no metadata", archive(t, entry{name: "code.tar.gz", content: code}), "no metadata.json"},
		{"no code", archive(t, entry{name: "metadata.json", content: metadata}), "no code.tar.gz"},
		{"dots", archive(t, entry{name: "./metadata.json", content: metadata}, entry{name: "./code.tar.gz", content: code}), `"./`},
		{"in a folder", archive(t, entry{name: "pkg/metadata.json", content: metadata}, entry{name: "pkg/code.tar.gz", content: code}), `"pkg/`},
		{"folder at the top", archive(t, entry{name: "src/", kind: tar.TypeDir}, entry{name: "metadata.json", content: metadata}, entry{name: "code.tar.gz", content: code}), `"src/"`},
		{"link for metadata", archive(t, entry{"metadata.json", "/etc/passwd", tar.TypeSymlink}, entry{name: "code.tar.gz", content: code}), "nothing but files"},
		{"metadata twice", archive(t, entry{name: "metadata.json", content: metadata}, entry{name: "metadata.json", content: metadata}, entry{name: "code.tar.gz", content: code}), "twice"},
		{"code twice", archive(t, entry{name: "metadata.json", content: metadata}, entry{name: "code.tar.gz", content: code}, entry{name: "code.tar.gz", content: code}), "twice"},
		{"path out of the package", archive(t, entry{name: "../x"}, entry{name: "metadata.json", content: metadata}, entry{name: "code.tar.gz", content: code}), `"../x"`},
		{"metadata is no JSON", wrap(t, "{", code), "metadata.json"},
		{"metadata is huge", wrap(t, strings.Repeat(" ", maxSmall)+metadata, code), "1 MiB"},
		{"bad label", wrap(t, `{"type":"ccaas","label":"a b"}`, code), `"a b"`},
		{"no label", wrap(t, `null`, code), "label"},
		{"code is no gzip", wrap(t, metadata, "hello"), "code.tar.gz is not gzip"},
		{"code is cut", wrap(t, metadata, code[:len(code)/2]), "code.tar.gz"},
		{"garbage after the code", wrap(t, metadata, code+"garbage garbage"), "code.tar.gz goes on"},
		{"no connection", wrap(t, metadata, archive(t)), "no connection.json"},
		{"broken connection", wrap(t, metadata, archive(t, entry{name: "connection.json", content: `{"tls_required":3}`})), "tls_required"},
		{"absolute path", inner(entry{name: "/etc/passwd"}), `"/etc/passwd"`},
		{"path out", inner(entry{name: "../../x"}), `"../../x"`},
		{"path out in the middle", inner(entry{name: "a/../../x"}), `"a/../../x"`},
		{"symbolic link", inner(entry{"a", "connection.json", tar.TypeSymlink}), "neither a file nor a folder"},
		{"hard link", inner(entry{"a", "connection.json", tar.TypeLink}), "neither a file nor a folder"},
		{"device", inner(entry{"a", "", tar.TypeChar}), "neither a file nor a folder"},
		{"pipe", inner(entry{"a", "", tar.TypeFifo}), "neither a file nor a folder"},
		{"connection twice", inner(entry{name: "./connection.json", content: connection}), "twice"},
		{"file and folder", inner(entry{name: "a"}, entry{name: "a/b"}), "both"},
		{"folder and file", inner(entry{name: "a/b"}, entry{name: "a"}), "both"},
		{"too many entries", inner(many...), "entries"},
		{"too deep", inner(entry{name: strings.Repeat("a/", maxDepth+1) + "b"}), "deep"},
		{"too long a name", inner(entry{name: strings.Repeat("a", maxName+1)}), "name"},
		{"huge connection", wrap(t, metadata, archive(t, entry{name: "connection.json", content: strings.Repeat(" ", maxSmall+1)})), "1 MiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Read([]byte(tc.pkg))
			isUsage(t, err, tc.says)
			if diff := cmp.Diff(Package{}, p); diff != "" {
				t.Error("a package came with the error")
			}
		})
	}
}

func TestReadBoundsWhatAPackageUnpacksTo(t *testing.T) {
	pkg := wrap(t, metadata, archive(t, entry{name: "connection.json", content: connection}, entry{name: "a"}))
	packageTar, err := gunzip(pkg)
	if err != nil {
		t.Fatal(err)
	}
	// Compressed much better than what is around it: only its own size can be what is too large.
	deep := wrap(t, `{"type":"golang","label":"a"}`, archive(t, entry{name: "src/a", content: strings.Repeat("a", 1<<20)}))
	for _, tc := range []struct {
		name, pkg string
		most      limits
		says      string
	}{
		{"as large as allowed", pkg, limits{int64(len(packageTar)), 2}, ""},
		{"package one byte too large", pkg, limits{int64(len(packageTar)) - 1, 2}, "package unpacks to more"},
		{"package of too many entries", pkg, limits{1 << 20, 1}, "more than 1 entries"},
		{"code too large", deep, limits{1 << 20, 2}, "code.tar.gz unpacks to more"},
		{"code not too large", deep, limits{2 << 20, 2}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := read([]byte(tc.pkg), tc.most)
			if tc.says == "" && err != nil {
				t.Error(err)
			}
			if tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("got %v, want %q", err, tc.says)
			}
		})
	}
}

// TestReadBelievesNoSize has a file that claims more than Read's own bound, and holds nothing.
func TestReadBelievesNoSize(t *testing.T) {
	var code bytes.Buffer
	if err := tar.NewWriter(&code).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: maxBytes + 1}); err != nil {
		t.Fatal(err)
	}
	_, err := Read([]byte(wrap(t, metadata, string(gzipStored(code.Bytes())))))
	isUsage(t, err, "code.tar.gz unpacks to more")
}
