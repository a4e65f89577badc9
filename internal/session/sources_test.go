package session

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/watch"
)

// sources is a chaincode's folder "cc" among others, and what its watching says.
type sources struct {
	t       *testing.T
	dir     string
	watched chan []string
	changed chan string
}

func watchingSources(t *testing.T) *sources {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	t.Setenv("GOWORK", "")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &sources{t: t, dir: dir, watched: make(chan []string, 100), changed: make(chan string, 100)}
	s.write("cc/go.mod", "module cc\n\nreplace lib => ../lib\n")
	d := &deployment{
		bringUp: &bringUp{Session: &Session{emit: func(event.Event) {}}},
		cc:      network.Chaincode{Lang: project.LangGo, Path: filepath.Join(dir, "cc")},
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- d.watchSources(ctx, func(folders []watch.Options) { s.watched <- names(folders) }, func(b watch.Batch) {
			for _, file := range slices.Concat(b.Changed, b.Removed) {
				s.changed <- file
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return s
}

func (s *sources) write(file, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sources) expectWatched(names ...string) {
	s.t.Helper()
	var want []string
	for _, name := range names {
		want = append(want, filepath.Join(s.dir, name))
	}
	select {
	case got := <-s.watched:
		if !slices.Equal(got, want) {
			s.t.Fatalf("it watches %q, want %q", got, want)
		}
	case <-time.After(time.Minute):
		s.t.Fatal("it does not watch anew")
	}
}

// expectChanged waits for a change of a file; others may come before.
func (s *sources) expectChanged(file string) {
	s.t.Helper()
	for {
		select {
		case got := <-s.changed:
			if got == file {
				return
			}
		case got := <-s.watched:
			s.t.Fatalf("it watches %q", got)
		case <-time.After(time.Minute):
			s.t.Fatalf("no change of %s comes", file)
		}
	}
}

func TestWhatIsWatchedFollowsTheSources(t *testing.T) {
	s := watchingSources(t)
	s.expectWatched("cc", "lib") // which is not there yet
	s.write("lib/lib.go", "package lib\n")
	s.expectChanged("../lib/lib.go")

	s.write("cc/go.mod", "module cc\n\nreplace lib => ../other\n")
	s.expectWatched("cc", "other")
	s.write("other/lib.go", "package lib\n")
	s.expectChanged("../other/lib.go")

	// A branch without the chaincode, and back.
	if err := os.RemoveAll(filepath.Join(s.dir, "cc")); err != nil {
		t.Fatal(err)
	}
	s.expectChanged("go.mod")
	s.write("other/lib.go", "package lib // changed\n")
	s.expectChanged("../other/lib.go")
	s.write("cc/go.mod", "module cc\n")
	s.expectWatched("cc")

	s.write("go.work", "go 1.24\n\nuse ./cc\n")
	s.write("cc/go.mod", "module cc\n\ngo 1.24\n")
	s.expectWatched("cc", "go.work")
	s.write("go.work", strings.Repeat("\n", 3)+"go 1.24\n\nuse (\n\t./cc\n\t./lib\n)\n")
	s.expectWatched("cc", "lib", "go.work")
}

func TestAtHome(t *testing.T) {
	t.Setenv("HOME", filepath.FromSlash("/home/a"))
	t.Setenv("USERPROFILE", filepath.FromSlash("/home/a"))
	for path, want := range map[string]string{
		"/home/a/assets": "~/assets", "/home/a": "/home/a", "/home/ab/assets": "/home/ab/assets", "/work/assets": "/work/assets",
	} {
		if got := atHome(filepath.FromSlash(path)); got != filepath.FromSlash(want) {
			t.Errorf("%s is told as %s, want %s", path, got, want)
		}
	}
}
