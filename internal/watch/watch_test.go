package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

func TestWhatIsAChange(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(f *folder) error
		want []string
	}{
		"a new file":       {func(f *folder) error { return os.WriteFile(f.path("new"), []byte("x"), 0o600) }, []string{"+new"}},
		"an empty file":    {func(f *folder) error { return os.WriteFile(f.path("new"), nil, 0o600) }, []string{"+new"}},
		"other contents":   {func(f *folder) error { return os.WriteFile(f.path("sub/b"), []byte("x"), 0o600) }, []string{"+sub/b"}},
		"same length":      {func(f *folder) error { return os.WriteFile(f.path("a"), []byte("Text of a"), 0o600) }, []string{"+a"}},
		"a removed file":   {func(f *folder) error { return os.Remove(f.path("sub/b")) }, []string{"-sub/b"}},
		"a renamed file":   {func(f *folder) error { return os.Rename(f.path("a"), f.path("sub/a")) }, []string{"-a", "+sub/a"}},
		"a removed folder": {func(f *folder) error { return os.RemoveAll(f.path("sub")) }, []string{"-sub/b", "-sub/deep/c"}},
		"a renamed folder": {
			func(f *folder) error { return os.Rename(f.path("sub"), f.path("new")) },
			[]string{"-sub/b", "-sub/deep/c", "+new/b", "+new/deep/c"},
		},
		"a folder that leaves": {
			func(f *folder) error { return os.Rename(f.path("sub"), filepath.Join(f.outside, "sub")) }, []string{"-sub/b", "-sub/deep/c"},
		},
		"a folder that comes": {
			func(f *folder) error {
				put(f.t, filepath.Join(f.outside, "come/x/y"), "1")
				return os.Rename(filepath.Join(f.outside, "come"), f.path("come"))
			},
			[]string{"+come/x/y"},
		},
		"folders with files at once": {
			func(f *folder) error {
				for i := range 9 {
					put(f.t, f.path(fmt.Sprintf("n/%d/%d/file", i%3, i)), "1")
				}
				return nil
			},
			[]string{"+n/0/0/file", "+n/0/3/file", "+n/0/6/file", "+n/1/1/file", "+n/1/4/file", "+n/1/7/file", "+n/2/2/file", "+n/2/5/file", "+n/2/8/file"},
		},
		"an atomic save": {
			func(f *folder) error {
				put(f.t, f.path("a.tmp1234"), "x")
				return os.Rename(f.path("a.tmp1234"), f.path("a"))
			},
			[]string{"+a"},
		},
		"a save that keeps a copy": {
			func(f *folder) error {
				f.must(os.Rename(f.path("a"), f.path("a~")))
				return os.WriteFile(f.path("a"), []byte("x"), 0o600)
			},
			[]string{"+a"},
		},
		"a file becomes a folder": {
			func(f *folder) error {
				f.must(os.Remove(f.path("a")))
				put(f.t, f.path("a/x"), "1")
				return nil
			},
			[]string{"-a", "+a/x"},
		},
		"a folder becomes a file": {
			func(f *folder) error {
				f.must(os.Rename(f.path("sub"), filepath.Join(f.outside, "sub")))
				return os.WriteFile(f.path("sub"), []byte("x"), 0o600)
			},
			[]string{"+sub", "-sub/b", "-sub/deep/c"},
		},
		"a link points elsewhere": {
			func(f *folder) error {
				f.must(os.Symlink("a", filepath.Join(f.outside, "new")))
				return os.Rename(filepath.Join(f.outside, "new"), f.path("link"))
			},
			[]string{"+link"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(t *testing.T, poll time.Duration) {
				f := watched(t, poll, "a", "sub/b", "sub/deep/c", "link")
				f.must(tc.do(f))
				f.expect(tc.want...)
				f.expectNothing()
			})
		})
	}
}

func TestWhatIsNone(t *testing.T) {
	for name, do := range map[string]func(f *folder) error{
		"a touch":        func(f *folder) error { return os.Chtimes(f.path("a"), time.Time{}, time.Now().Add(time.Hour)) },
		"a chmod":        func(f *folder) error { return os.Chmod(f.path("a"), 0o755) },
		"the same again": func(f *folder) error { f.save("a", "text of a"); return nil },
		"the same atomically": func(f *folder) error {
			put(f.t, f.path("a.tmp"), "text of a")
			return os.Rename(f.path("a.tmp"), f.path("a"))
		},
		"an empty folder": func(f *folder) error { return os.MkdirAll(f.path("x/y"), 0o755) },
		"an editor's files": func(f *folder) error {
			for _, name := range []string{".a.swp", "4913", "a~", "a___jb_tmp___", ".DS_Store"} {
				put(f.t, f.path(name), "x")
			}
			return os.Symlink("someone@host:1", f.path(".#a"))
		},
		"ignored folders": func(f *folder) error {
			for _, name := range []string{".git/x", "node_modules/y/z", ".ccdev/state", "out/bin"} {
				put(f.t, f.path(name), "x")
			}
			return os.Rename(f.path("out"), f.path("sub/out"))
		},
		"docker's":             func(f *folder) error { put(f.t, f.path("doc.md"), "x"); return nil },
		"a nested pattern":     func(f *folder) error { put(f.t, f.path("sub/x.out"), "x"); return nil },
		"behind a link":        func(f *folder) error { put(f.t, filepath.Join(f.outside, "far/y"), "x"); return nil },
		"a file behind a link": func(f *folder) error { put(f.t, filepath.Join(f.outside, "far/x"), "y"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(t *testing.T, poll time.Duration) {
				f := &folder{t: t, dir: filepath.Join(t.TempDir(), "cc"), outside: t.TempDir(), batches: make(chan Batch, 1000)}
				for file, text := range map[string]string{
					"a": "text of a", "marker": "m", ".gitignore": "out/\n", ".dockerignore": "*.md\n", "sub/.gitignore": "*.out\n",
				} {
					put(t, f.path(file), text)
				}
				put(t, filepath.Join(f.outside, "far/x"), "x")
				f.must(os.Symlink(filepath.Join(f.outside, "far"), f.path("folder-link")))
				f.must(os.Symlink(filepath.Join(f.outside, "far/x"), f.path("file-link")))
				f.start(Options{Dir: f.dir, Poll: poll, Dockerignore: true}, notifications)
				f.must(do(f))
				f.expectNothing()
			})
		})
	}
}

// TestTheDockerignoreOfWhatNoDockerfileBuilds has one that hides all but the program from Docker.
func TestTheDockerignoreOfWhatNoDockerfileBuilds(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
		put(t, f.path(".dockerignore"), "*\n!chaincode\n")
		put(t, f.path(".gitignore"), "*.out\n")
		put(t, f.path("main.go"), "1")
		put(t, f.path("marker"), "")
		f.start(Options{Dir: f.dir, Poll: poll}, notifications)
		f.save("main.go", "2")
		f.expect("+main.go")
		f.save(".dockerignore", "*\n") // a file like any other
		f.expect("+.dockerignore")
		f.save("a.out", "1")
		f.expectNothing()
	})
}

func TestPatternsThatChange(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := watched(t, poll, "a.out", "sub/b.out", "sub/c")
		f.save("sub/.gitignore", "*.out\n")
		f.expect("+sub/.gitignore")
		f.save("sub/b.out", "of no interest now")
		f.save(".gitignore", "*.out\n")
		f.expect("+.gitignore")
		f.must(os.Remove(f.path("a.out")))
		f.expectNothing()

		f.must(os.Remove(f.path("sub/.gitignore")))
		f.must(os.Remove(f.path(".gitignore")))
		f.expect("-.gitignore", "-sub/.gitignore", "+sub/b.out")
		f.save("sub/b.out", "of interest again")
		f.expect("+sub/b.out")
	})
}

func TestSwitchingBranches(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
		var want []string
		git(t, f.dir, "init", "-q", "-b", "main")
		for i := range 300 {
			put(t, f.path(fmt.Sprintf("p%d/f%d.go", i%20, i)), "main")
		}
		put(t, f.path("marker"), "")
		git(t, f.dir, "add", "-A")
		git(t, f.dir, "commit", "-q", "-m", "main")
		git(t, f.dir, "checkout", "-q", "-b", "other")
		for i := range 300 {
			rel := fmt.Sprintf("p%d/f%d.go", i%20, i)
			switch i % 3 {
			case 0:
				put(t, f.path(rel), "other")
				want = append(want, "+"+rel)
			case 1:
				f.must(os.Remove(f.path(rel)))
				put(t, f.path("q/"+rel), "other")
				want = append(want, "-"+rel, "+q/"+rel)
			}
		}
		git(t, f.dir, "add", "-A")
		git(t, f.dir, "commit", "-q", "-m", "other")
		git(t, f.dir, "checkout", "-q", "main")

		f.start(Options{Dir: f.dir, Poll: poll, Quiet: 200 * time.Millisecond, Max: 5 * time.Second}, notifications)
		git(t, f.dir, "checkout", "-q", "other")
		if n := f.expect(want...); n > 5 {
			t.Errorf("400 changes came in %d batches", n)
		}
		f.expectNothing()
		git(t, f.dir, "checkout", "-q", "-f", "main")
		git(t, f.dir, "checkout", "-q", "-f", "other")
		f.save("marker", "at last")
		for last := false; !last; {
			last = slices.Contains(f.next().Changed, "marker") // whatever came before it was undone
		}
	})
}

// TestNothingIsLostAtTheBeginning changes a file while the watch begins: its last contents are
// either known, or come in a batch.
func TestNothingIsLostAtTheBeginning(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		for round := range 20 {
			f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
			for i := range 50 {
				put(t, f.path(fmt.Sprintf("%d/file", i)), "text")
			}
			written := make(chan struct{})
			go func() {
				defer close(written)
				for i := range 40 {
					_ = os.MkdirAll(f.path("25/sub"), 0o755)
					_ = os.WriteFile(f.path("25/sub/file"), fmt.Appendf(nil, "%d", i), 0o600)
				}
			}()
			o := Options{Dir: f.dir, Poll: poll}
			o.setDefaults()
			w := newWatcher(f.dir, o)
			w.begin(notifications)
			<-written
			ctx, cancel := context.WithCancel(context.Background())
			want, err := sum(f.path("25/sub/file"))
			f.must(err)
			if w.tree.files["25/sub/file"].sum != want {
				w.run(ctx, func(Batch) {
					if w.tree.files["25/sub/file"].sum == want {
						cancel()
					}
				})
			}
			cancel()
			w.close()
			if w.tree.files["25/sub/file"].sum != want {
				t.Fatalf("round %d: the last contents are not known", round)
			}
		}
	})
}

func TestWhatChangesWhileABatchIsHandled(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch)} // who calls batch waits until it is taken
		put(t, f.path("marker"), "")
		f.start(Options{Dir: f.dir, Poll: poll}, notifications)
		f.save("a", "1")
		first := f.next()
		f.save("b", "1") // its batch waits to be taken
		for i := range 50 {
			f.save(fmt.Sprintf("c%d", i), "1")
			f.save(fmt.Sprintf("c%d", i), "2")
		}
		seen := map[string]bool{first.Changed[0]: true}
		for len(seen) < 52 {
			for _, rel := range f.next().Changed {
				seen[rel] = true
			}
		}
		f.expectNothing()
	})
}

func TestOptionsThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, "")
	for name, dir := range map[string]string{"no folder": filepath.Join(t.TempDir(), "none"), "a file": file} {
		t.Run(name, func(t *testing.T) {
			err := Watch(t.Context(), Options{Dir: dir}, func(Batch) {})
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != fault.Usage || f.Fix == "" || !strings.Contains(f.What, dir) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestTheFolderIsALink(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := watched(t, poll, "sub/a")
		link := filepath.Join(f.outside, "link")
		f.must(os.Symlink(f.dir, link))
		other := &folder{t: t, dir: link, outside: f.outside, batches: make(chan Batch, 1000)}
		other.start(Options{Dir: link, Poll: poll}, notifications)
		f.save("sub/a", "changed")
		f.expect("+sub/a")
		other.expect("+sub/a")
	})
}

func TestAFileThatCannotBeRead(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root can read everything")
	}
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := watched(t, poll, "a")
		f.must(os.Chmod(f.path("a"), 0))
		f.expectNothing()
		f.must(os.Remove(f.path("a")))
		f.expect("-a")
	})
}

func TestPollingSeesWhatTheTimeDoesNotShow(t *testing.T) {
	f := watched(t, 10*time.Millisecond, "a")
	info, err := os.Stat(f.path("a"))
	f.must(err)
	temp := filepath.Join(f.outside, "temp")
	put(t, temp, "TEXT OF A") // of the same size
	f.must(os.Chtimes(temp, time.Time{}, info.ModTime()))
	f.must(os.Rename(temp, f.path("a")))
	f.expect("+a")
}
