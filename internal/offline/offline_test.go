package offline

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const head = `{"format":1,"fabric":"3.1.1"}`

// entry is one of an archive that somebody else has made.
type entry struct {
	name, text string
	kind       byte
}

func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	w := tar.NewWriter(compressed)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o777}
		if e.kind == tar.TypeReg {
			header.Size = int64(len(e.text))
		} else {
			header.Linkname = e.text
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if e.kind == tar.TypeReg {
			if _, err := io.WriteString(w, e.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, file, want string) {
	t.Helper()
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s holds %q, want %q (%v)", file, got, want, err)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	from := t.TempDir()
	write(t, filepath.Join(from, "a", "peer"), "program")
	if err := os.Chmod(filepath.Join(from, "a", "peer"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(from, "b", "x", "y"), "cached")
	if err := os.Symlink("/etc/passwd", filepath.Join(from, "b", "link")); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	about := About{Fabric: "3.1.1", OS: "linux", Arch: "arm64"}
	folders := []Folder{{"fabric", filepath.Join(from, "a")}, {"npm", filepath.Join(from, "b")}}
	if err := Write(&packed, about, folders); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "all")
	got, err := Read(&packed, to, []string{"fabric", "npm"})
	about.Format = Format
	if err != nil || got != about {
		t.Fatalf("it is about %+v, %v", got, err)
	}
	holds(t, filepath.Join(to, "fabric", "peer"), "program")
	holds(t, filepath.Join(to, "npm", "x", "y"), "cached")
	if info, err := os.Stat(filepath.Join(to, "fabric", "peer")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the program is %v, %v", info, err)
	}
	if _, err := os.Lstat(filepath.Join(to, "npm", "link")); err == nil {
		t.Error("a link was carried")
	}
}

func TestReadRefuses(t *testing.T) {
	first := entry{aboutName, head, tar.TypeReg}
	whole := archive(t, first, entry{"npm/a", strings.Repeat("a", 5000), tar.TypeReg})
	for name, test := range map[string]struct {
		packed []byte
		says   string
	}{
		"no archive":             {[]byte("PK, or something else"), "gzip"},
		"nothing":                {archive(t), "it is none"},
		"another archive":        {archive(t, entry{"npm/a", "", tar.TypeReg}), "it begins with"},
		"another format":         {archive(t, entry{aboutName, `{"format":2}`, tar.TypeReg}), "format 2"},
		"what is not JSON":       {archive(t, entry{aboutName, `x`, tar.TypeReg}), "it is none"},
		"a way out":              {archive(t, first, entry{"npm/../../x", "", tar.TypeReg}), "not inside"},
		"an absolute path":       {archive(t, first, entry{"/npm/x", "", tar.TypeReg}), "not inside"},
		"another folder":         {archive(t, first, entry{"bin/x", "", tar.TypeReg}), "does not belong"},
		"a file for a folder":    {archive(t, first, entry{"npm", "", tar.TypeReg}), "does not belong"},
		"a symbolic link":        {archive(t, first, entry{"npm/x", "/etc", tar.TypeSymlink}), "no plain file"},
		"a hard link":            {archive(t, first, entry{"npm/x", "npm/y", tar.TypeLink}), "no plain file"},
		"a device":               {archive(t, first, entry{"npm/x", "", tar.TypeChar}), "no plain file"},
		"a file twice":           {archive(t, first, entry{"npm/x", "", tar.TypeReg}, entry{"npm/x", "", tar.TypeReg}), "exists"},
		"more bytes than it may": {archive(t, first, entry{"npm/x", strings.Repeat("a", 10_001), tar.TypeReg}), "more than it could"},
		"more files than it may": {archive(t, first, entry{"npm/1", "", tar.TypeReg}, entry{"npm/2", "", tar.TypeReg},
			entry{"npm/3", "", tar.TypeReg}), "more than it could"},
		"half of one":    {whole[:len(whole)/2], "EOF"},
		"a changed byte": {changed(whole), ""},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			_, err := read(bytes.NewReader(test.packed), filepath.Join(parent, "all"), []string{"npm"}, Limits{Bytes: 10_000, Files: 2})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v, want one with %q", err, test.says)
			}
			if _, err := os.Lstat(filepath.Join(parent, "x")); err == nil {
				t.Error("it has written outside of its folder")
			}
		})
	}
}

// changed has another checksum at its end.
func changed(packed []byte) []byte {
	packed = bytes.Clone(packed)
	packed[len(packed)-8] ^= 1
	return packed
}

func TestMerge(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "cache")
	isIndex := func(name string) bool { return strings.HasPrefix(name, "index/") }
	write(t, filepath.Join(from, "content", "new"), "carried")
	write(t, filepath.Join(from, "content", "old"), "carried")
	write(t, filepath.Join(from, "index", "a"), "\none\ntwo")
	write(t, filepath.Join(to, "content", "old"), "there")
	write(t, filepath.Join(to, "index", "a"), "\ntwo\nthree")
	for range 2 { // once more changes nothing
		if err := Merge(from, to, isIndex); err != nil {
			t.Fatal(err)
		}
		holds(t, filepath.Join(to, "content", "new"), "carried")
		holds(t, filepath.Join(to, "content", "old"), "there")
		holds(t, filepath.Join(to, "index", "a"), "\ntwo\nthree\none")
	}
	if left, _ := filepath.Glob(filepath.Join(to, "*", ".ccdev-*")); len(left) > 0 {
		t.Errorf("it has left %q", left)
	}
	if err := Merge(filepath.Join(from, "none"), to, isIndex); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}
