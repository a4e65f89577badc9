package watch_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/watch"
)

func TestStamp(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(".gitignore", "*.out\n")
	write("main.go", "package main\n")
	if err := os.Mkdir(file("sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	o := watch.Options{Dir: dir}
	last := watch.Stamp(o)
	for _, step := range []struct {
		name string
		do   func()
		same bool
	}{
		{"nothing", func() {}, true},
		{"a file of no interest", func() { write("a.out", "x") }, true},
		{"a half-written file", func() { write("main.go", "") }, false},
		{"the whole of it", func() { write("main.go", "package main\n") }, false},
		{"the same length, later", func() {
			write("main.go", "package more\n")
			if err := os.Chtimes(file("main.go"), time.Time{}, time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"a new file", func() { write("sub/b.go", "") }, false},
		{"a removed file", func() { _ = os.Remove(file("sub/b.go")) }, false},
		{"the whole folder", func() { _ = os.RemoveAll(dir) }, false},
	} {
		step.do()
		now := watch.Stamp(o)
		if (now == last) != step.same {
			t.Errorf("after %s the stamp is the same: %t", step.name, now == last)
		}
		last = now
	}
}
