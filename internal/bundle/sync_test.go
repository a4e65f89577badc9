package bundle_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/google/go-cmp/cmp"
)

// sync has a folder hold files, and gives the names of those that it changed.
func sync(t *testing.T, dir string, files map[string]string) (changed []string) {
	t.Helper()
	from := t.TempDir()
	write(t, from, files)
	entries, err := bundle.Files(from, func(string, bool) bool { return false })
	if err == nil {
		changed, err = bundle.Sync(dir, entries)
	}
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func synced(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := content(t, dir)
	delete(files, ".ccdev-files")
	return files
}

func TestSyncTouchesOnlyWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	sync(t, dir, map[string]string{"a.ts": "1", "sub/b.ts": "2", "c.ts": "3"})
	write(t, dir, map[string]string{"dist/a.js": "made"})
	before, err := os.Stat(filepath.Join(dir, "a.ts"))
	if err != nil {
		t.Fatal(err)
	}
	changed := sync(t, dir, map[string]string{"a.ts": "1", "sub/b.ts": "changed"})
	if diff := cmp.Diff([]string{"c.ts", "sub/b.ts"}, changed); diff != "" {
		t.Errorf("changed: %s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a.ts": "1", "sub/b.ts": "changed", "dist/a.js": "made"}, synced(t, dir)); diff != "" {
		t.Error(diff)
	}
	after, err := os.Stat(filepath.Join(dir, "a.ts"))
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a file that is the same was written (%v)", err)
	}
}

// A user who has compiled as well sends what ccdev's own compiler has written since.
func TestSyncLeavesWhatWasCompiledSince(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"a.ts": "1", "dist/a.js": "old"}
	sync(t, dir, files)
	write(t, dir, map[string]string{"dist/a.js": "compiled"})
	if changed := sync(t, dir, files); changed != nil || synced(t, dir)["dist/a.js"] != "compiled" {
		t.Errorf("%q changed: %q", changed, synced(t, dir))
	}
	files["dist/a.js"] = "newer"
	changed := sync(t, dir, files)
	if diff := cmp.Diff([]string{"dist/a.js"}, changed); diff != "" || synced(t, dir)["dist/a.js"] != "newer" {
		t.Errorf("%s %q", diff, synced(t, dir))
	}
}

func TestSyncPutsBackWhatIsGone(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"a": "1", "b": "2"}
	sync(t, dir, files)
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, sync(t, dir, files)); diff != "" || synced(t, dir)["a"] != "1" {
		t.Errorf("changed: %s", diff)
	}
}

// Nobody knows what is in the files that a Sync was to change, and was cut off.
func TestSyncAfterOneThatWasCutOff(t *testing.T) {
	for name, next := range map[string]string{"back again": "1", "once more": "2"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			sync(t, dir, map[string]string{"a": "1", "b": "1"})
			for _, place := range []func(string) error{os.Remove, func(b string) error { return os.Mkdir(b, 0o700) }} {
				if err := place(filepath.Join(dir, "b")); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := bundle.Sync(dir, []bundle.Entry{{Name: "a", Data: []byte("2")}, {Name: "b", Data: []byte("2")}}); err == nil {
				t.Fatal("it was not cut off")
			}
			if err := os.Remove(filepath.Join(dir, "b")); err != nil {
				t.Fatal(err)
			}
			write(t, dir, map[string]string{"a": "half", "b": "half"})
			sync(t, dir, map[string]string{"a": next, "b": next})
			if diff := cmp.Diff(map[string]string{"a": next, "b": next}, synced(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
