package release_test

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/release"
)

// A release of two platforms, with a Go that is quick: what the archives hold, and that it is the
// same twice.
func TestMake(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the fake go is a shell script")
	}
	first, again := made(t), made(t)
	names := []string{
		"ccdev_1.2.3_linux_amd64.cdx.json", "ccdev_1.2.3_linux_amd64.tar.gz",
		"ccdev_1.2.3_windows_arm64.cdx.json", "ccdev_1.2.3_windows_arm64.zip", release.Checksums,
	}
	for _, name := range names {
		one, two := read(t, filepath.Join(first, name)), read(t, filepath.Join(again, name))
		if one != two {
			t.Errorf("%s is another one at the second time", name)
		}
		sum := fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(one)), name)
		if name != release.Checksums && !strings.Contains(read(t, filepath.Join(first, release.Checksums)), sum) {
			t.Errorf("the checksums do not have %s", sum)
		}
	}
	if entries, _ := os.ReadDir(first); len(entries) != len(names) {
		t.Errorf("there are %v", entries)
	}
	if got := tarred(t, filepath.Join(first, names[1])); !slices.Equal(got, []string{"ccdev 755", "LICENSE 644", "README.md 644"}) {
		t.Errorf("the one for Linux holds %q", got)
	}
	want := []string{"ccdev.exe 755", "ccdev-linux-amd64 755", "LICENSE 644", "README.md 644"}
	if got := zipped(t, filepath.Join(first, names[3])); !slices.Equal(got, want) {
		t.Errorf("the one for Windows holds %q", got)
	}
	var bom struct {
		BOMFormat string
		Metadata  struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, PURL string }
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(first, names[0]))), &bom); err != nil {
		t.Fatal(err)
	}
	if bom.BOMFormat != "CycloneDX" || bom.Metadata.Component.Version != "1.2.3" || len(bom.Components) == 0 || bom.Components[0].Name != "std" {
		t.Errorf("the list of what is in it is %+v", bom)
	}
}

func TestMakeSaysWhyItFails(t *testing.T) {
	o := options(t, "#!/bin/sh\necho 'main.go:1: no such thing'\nexit 1\n")
	if err := release.Make(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("the error is %v", err)
	}
}

func TestPlatforms(t *testing.T) {
	if got := len(release.Platforms()); got != 6 {
		t.Errorf("there are %d", got)
	}
}

// made makes a release, with this test's own program for every platform's.
func made(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\nmkdir -p \"$(dirname \"$2\")\" && ln -s '"+self+"' \"$2\"\n")
	if err := release.Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o.Dir
}

func options(t *testing.T, script string) release.Options {
	t.Helper()
	dir := t.TempDir()
	tool := filepath.Join(dir, "go")
	err := errors.Join(os.WriteFile(tool, []byte(script), 0o700),
		os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("a"), 0o600), os.WriteFile(filepath.Join(dir, "README.md"), []byte("b"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return release.Options{
		Version: "1.2.3", Dir: filepath.Join(dir, "dist"), Source: dir, Go: tool, Progress: io.Discard,
		Platforms: []release.Platform{{OS: "linux", Arch: "amd64"}, {OS: "windows", Arch: "arm64"}},
	}
}

func tarred(t *testing.T, path string) (names []string) {
	t.Helper()
	compressed, err := gzip.NewReader(strings.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, fmt.Sprintf("%s %o", header.Name, header.Mode))
	}
}

func zipped(t *testing.T, path string) (names []string) {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() //nolint:errcheck // only read from
	for _, f := range archive.File {
		names = append(names, fmt.Sprintf("%s %o", f.Name, f.Mode().Perm()))
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
