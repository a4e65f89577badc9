package atomicfile_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ccdev/ccdev/internal/atomicfile"
)

func TestWriteReplacesTheFileWithItsMode(t *testing.T) {
	for name, tc := range map[string]struct {
		before *string
		mode   os.FileMode
	}{
		"a new file":             {mode: 0o600},
		"a program":              {mode: 0o755},
		"over a longer one":      {before: new("something much longer than before"), mode: 0o600},
		"over one with its mode": {before: new("x"), mode: 0o640},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if tc.before != nil {
				write(t, path, *tc.before)
			}
			if err := atomicfile.Write(path, []byte("whole"), tc.mode); err != nil {
				t.Fatal(err)
			}
			if got := read(t, path); got != "whole" {
				t.Errorf("the file holds %q", got)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != tc.mode {
				t.Errorf("the mode is %v (%v), want %v", info.Mode().Perm(), err, tc.mode)
			}
			onlyFile(t, path)
		})
	}
}

func TestWriteThatFailsLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil { // a folder cannot be replaced by a file
		t.Fatal(err)
	}
	err := atomicfile.Write(path, []byte("x"), 0o600)
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("the error is %v, and should name %s", err, path)
	}
	if _, err := os.Stat(filepath.Join(path, "full")); err != nil {
		t.Errorf("what was there is gone: %v", err)
	}
	onlyFile(t, path)

	if err := atomicfile.Write(filepath.Join(dir, "no", "such", "folder"), nil, 0o600); err == nil {
		t.Error("a file in a folder that does not exist was written")
	}
}

func TestAReaderNeverSeesAPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	contents := [][]byte{bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 1<<18)}
	if err := atomicfile.Write(path, contents[0], 0o600); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for _, content := range contents {
		writers.Go(func() {
			for range 50 {
				if err := atomicfile.Write(path, content, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { defer close(done); writers.Wait() }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		got := []byte(read(t, path))
		if !bytes.Equal(got, contents[0]) && !bytes.Equal(got, contents[1]) {
			t.Fatalf("a reader saw %d bytes, beginning with %.8q", len(got), got)
		}
	}
	onlyFile(t, path)
}

func TestCopyReplacesAFileThatIsInUse(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	write(t, from, "a new program")
	write(t, to, "an old program")
	used, err := os.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close() //nolint:errcheck // only read from
	if err := atomicfile.Copy(from, to, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := read(t, to); got != "a new program" {
		t.Errorf("the copy holds %q", got)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the copy is %v, %v", info, err)
	}
	if old, err := io.ReadAll(used); err != nil || string(old) != "an old program" {
		t.Errorf("who had it open reads %q, %v", old, err)
	}
	onlyFile(t, to)
}

func TestCopyOfWhatCannotBeReadLeavesWhatWasThere(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
	write(t, to, "old")
	for _, from := range []string{dir, filepath.Join(dir, "none")} {
		if err := atomicfile.Copy(from, to, 0o755); err == nil {
			t.Errorf("%s was copied", from)
		}
		if got := read(t, to); got != "old" {
			t.Errorf("the file holds %q", got)
		}
		onlyFile(t, to)
	}
}

// onlyFile fails if anything but the file lies in its folder.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder holds %v", entries)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
