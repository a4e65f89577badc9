package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestABundleIsUnpackedAsItWas(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"index.js": "start()", "lib/a.js": "a", "node_modules/x/x.js": "x"}
	write(t, dir, files)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	entries, err := bundle.Files(dir, func(name string, _ bool) bool { return name == "node_modules" })
	if err != nil {
		t.Fatal(err)
	}
	want := bundle.Manifest{Server: []string{"node", "index.js"}, Modules: "abc"}
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := bundle.Write(w, want, entries); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same files give two bundles")
	}
	file := filepath.Join(t.TempDir(), "bundle")
	if err := os.WriteFile(file, first.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if is, err := bundle.Is(file); !is || err != nil {
		t.Errorf("it is no bundle: %v", err)
	}
	out := t.TempDir()
	got, err := bundle.Unpack(file, out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	delete(files, "node_modules/x/x.js")
	if diff := cmp.Diff(files, content(t, out)); diff != "" {
		t.Error(diff)
	}
}

func TestAProgramIsNoBundle(t *testing.T) {
	for name, text := range map[string]string{"a program": "\x7fELF...", "nothing": ""} {
		file := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if is, err := bundle.Is(file); is || err != nil {
			t.Errorf("%s: %v, %v", name, is, err)
		}
		if _, err := bundle.ReadManifest(file); err == nil {
			t.Errorf("%s has a manifest", name)
		}
	}
}

func TestWhatDoesNotStayInsideIsRefused(t *testing.T) {
	for _, h := range []tar.Header{
		{Name: "../outside", Typeflag: tar.TypeReg},
		{Name: "/etc/outside", Typeflag: tar.TypeReg},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: "pipe", Typeflag: tar.TypeFifo},
	} {
		t.Run(h.Name, func(t *testing.T) {
			var b bytes.Buffer
			zipped := gzip.NewWriter(&b)
			w := tar.NewWriter(zipped)
			manifest := tar.Header{Name: ".ccdev-bundle.json", Size: 2, Typeflag: tar.TypeReg}
			if err := w.WriteHeader(&manifest); err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write([]byte("{}"))
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			_, _ = w.Close(), zipped.Close()
			file := filepath.Join(t.TempDir(), "bundle")
			if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			out := t.TempDir()
			_, err := bundle.Unpack(file, out)
			if err == nil || !strings.Contains(err.Error(), "no plain file inside it") || len(content(t, out)) > 0 {
				t.Errorf("got %v and %v", err, content(t, out))
			}
		})
	}
}
