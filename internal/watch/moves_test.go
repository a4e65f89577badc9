package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheFolderGoesAndComes(t *testing.T) {
	for name, remove := range map[string]func(f *folder) error{
		"removed":       func(f *folder) error { return os.RemoveAll(f.dir) },
		"renamed":       func(f *folder) error { return os.Rename(f.dir, filepath.Join(f.outside, "cc")) },
		"its parent is": func(f *folder) error { return os.Rename(filepath.Dir(f.dir), filepath.Join(f.outside, "parent")) },
		"someone in it": func(f *folder) error {
			inside, err := os.Open(f.dir) // the system is silent as long as it is open
			f.must(err)
			f.t.Cleanup(func() { _ = inside.Close() })
			return os.RemoveAll(f.dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(t *testing.T, poll time.Duration) {
				f := watched(t, poll, "a", "sub/b")
				f.must(remove(f))
				f.expect("-a", "-sub/b", "-marker")
				put(t, f.path("sub/c"), "1")
				f.expect("+sub/c")
				f.save("sub/c", "2")
				f.expect("+sub/c")
				f.expectNothing()
			})
		})
	}
}

func TestTheFolderIsReplacedAtOnce(t *testing.T) {
	for name, leave := range map[string]func(f *folder) error{
		"renamed": func(f *folder) error { return os.Rename(f.dir, filepath.Join(f.outside, "old")) },
		"removed": func(f *folder) error { return os.RemoveAll(f.dir) }, // the next one may get its inode
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(t *testing.T, poll time.Duration) {
				f := watched(t, poll, "a", "sub/b")
				f.must(leave(f))
				put(t, f.path("sub/b"), "new")
				put(t, f.path("marker"), "text of marker")
				f.expect("-a", "+sub/b")
				put(t, filepath.Join(f.outside, "old/sub/b"), "of no interest")
				f.expectNothing()
				f.save("sub/b", "newer")
				f.expect("+sub/b")
			})
		})
	}
}

func TestAFolderThatComesLater(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := &folder{t: t, dir: filepath.Join(t.TempDir(), "later", "cc"), outside: t.TempDir(), batches: make(chan Batch, 1000)}
		f.start(Options{Dir: f.dir, Poll: poll, Later: true}, notifications)
		put(t, f.path("a"), "1")
		f.expect("+a")
		f.save("a", "2")
		f.expect("+a")
	})
}

func TestFoldersThatMoveKeepBeingWatched(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := watched(t, poll, "one/sub/x")
		at := "one/sub/x"
		for _, move := range []struct{ from, to, at string }{
			{"one", "two", "two/sub/x"}, {"two/sub", "sub", "sub/x"}, {"sub", "two/sub", "two/sub/x"}, {"two", "one", "one/sub/x"},
		} {
			f.must(os.Rename(f.path(move.from), f.path(move.to)))
			f.expect("-"+at, "+"+move.at)
			at = move.at
			f.save(at, "changed when it was "+at)
			f.expect("+" + at)
		}
		f.expectNothing()
	})
}
