package ccpackage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// peerTakes holds a package against the peer's own rules at an install, written down from
// core/chaincode/persistence (ParseChaincodePackage), core/common/ccprovider
// (MetadataAsTarEntries) and core/container/externalbuilder (Untar).
func peerTakes(pkg []byte) bool {
	var label string
	var code []byte
	found := false
	err := eachEntry(pkg, func(header *tar.Header, content io.Reader) error {
		if header.Typeflag != tar.TypeReg {
			return errors.New("not a file")
		}
		data, err := io.ReadAll(content)
		switch header.Name {
		case "metadata.json":
			var m struct{ Type, Path, Label string }
			found = true
			err = errors.Join(err, json.Unmarshal(data, &m))
			label = m.Label
		case "code.tar.gz":
			code = data
		}
		return err
	})
	if err != nil || !found || code == nil || !labelForm.MatchString(label) {
		return false
	}
	copied := tar.NewWriter(io.Discard)
	return eachEntry(code, func(header *tar.Header, content io.Reader) error {
		if header.Typeflag != tar.TypeReg && header.Typeflag != tar.TypeDir {
			return errors.New("neither file nor folder")
		}
		if clean := filepath.Clean(header.Name); filepath.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") {
			return errors.New("leads out")
		}
		if !strings.HasPrefix(header.Name, "META-INF/statedb/") {
			return nil
		}
		if err := copied.WriteHeader(header); err != nil {
			return err
		}
		_, err := io.Copy(copied, content)
		return err
	}) == nil
}

func eachEntry(data []byte, visit func(*tar.Header, io.Reader) error) error {
	gz, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	archive := tar.NewReader(gz)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = visit(header, archive)
		}
		if err != nil {
			return err
		}
	}
}

// How a fuzzed input becomes a package: mutating what is inside reaches further than mutating
// what is compressed, and a random change of a tar only breaks its checksum.
const (
	asPackage uint8 = iota
	asPackageTar
	asCodeTar
	asPackageEntry
	asCodeEntry
	fuzzedWays
)

func fuzzed(t *testing.T, data []byte, name string, kind byte, as uint8) []byte {
	extra := &tar.Header{Typeflag: kind, Name: name, Mode: 0o644, Size: int64(len(data)), Linkname: name}
	if kind != tar.TypeReg {
		extra.Size, data = 0, nil
	}
	code := []file{{ConnectionFile, []byte(connection)}}
	switch as % fuzzedWays {
	case asPackageTar:
		return gzipStored(data)
	case asCodeTar:
		return []byte(wrap(t, metadata, string(gzipStored(data))))
	case asPackageEntry:
		return withEntry(t, []file{{MetadataFile, []byte(metadata)}, {CodeFile, withEntry(t, code, nil, nil)}}, extra, data)
	case asCodeEntry:
		return withEntry(t, []file{{MetadataFile, []byte(metadata)}, {CodeFile, withEntry(t, code, extra, data)}}, nil, nil)
	default:
		return data
	}
}

// withEntry archives the files and one more entry, as far as tar can express it.
func withEntry(t *testing.T, files []file, extra *tar.Header, data []byte) []byte {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	var err error
	for _, f := range files {
		err = errors.Join(err, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(f.data))}))
		_, writeErr := w.Write(f.data)
		err = errors.Join(err, writeErr)
	}
	if extra != nil {
		if w.WriteHeader(extra) != nil {
			t.Skip("tar has no such entry")
		}
		_, writeErr := w.Write(data)
		err = errors.Join(err, writeErr)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return gzipStored(buf.Bytes())
}

// FuzzRead: whatever is read is a package the peer takes, and what is said of it holds.
func FuzzRead(f *testing.F) {
	code := archive(f, entry{name: ConnectionFile, content: connection}, entry{name: "META-INF/statedb/couchdb/indexes/a.json", content: ownerIndex})
	pkg := wrap(f, metadata, code)
	f.Add([]byte(pkg), "", byte(0), asPackage)
	for as, compressed := range map[uint8]string{asPackageTar: pkg, asCodeTar: code} {
		plain, err := gunzip(compressed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(plain, "", byte(tar.TypeReg), as)
	}
	for _, name := range []string{"README", "./connection.json", "META-INF/statedb/a", "a/../../b", "/a", "connection.json/a"} {
		f.Add([]byte("x"), name, byte(tar.TypeReg), asPackageEntry)
		f.Add([]byte("x"), name, byte(tar.TypeReg), asCodeEntry)
		f.Add([]byte(nil), name, byte(tar.TypeDir), asCodeEntry)
	}
	f.Fuzz(func(t *testing.T, data []byte, name string, kind byte, as uint8) {
		pkg := fuzzed(t, data, name, kind, as)
		p, err := Read(pkg)
		if err != nil {
			isUsage(t, err)
			return
		}
		if !peerTakes(pkg) {
			t.Fatal("the peer refuses what was read")
		}
		if p.ID != ID(p.Label, pkg) || ValidateLabel(p.Label) != nil || p.Files == nil {
			t.Fatalf("got %+v", p)
		}
		seen := make(map[string]bool)
		for _, file := range p.Files {
			if !filepath.IsLocal(file.Name) || seen[file.Name] || file.Size < 0 {
				t.Fatalf("got the file %q", file.Name)
			}
			seen[file.Name] = true
		}
	})
}
