package delve_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build/delve"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/gofrs/flock"
)

// goCommand puts a go command in place of the machine's, which runs this script: $1 is the command,
// and $out the file to be built.
func goCommand(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	text := "#!/bin/sh\nfor out; do [ \"$last\" = -o ] && break; last=$out; done\n" + script
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

const works = `[ "$1" = list ] || echo dlv > "$out"`

func ensure(ctx context.Context, cache string) (file string, built bool, err error) {
	file, err = delve.Ensure(ctx, cache, "linux", "arm64", func() { built = true })
	return file, built, err
}

func TestItIsBuiltOnce(t *testing.T) {
	goCommand(t, works)
	cache := t.TempDir()
	file, built, err := ensure(t.Context(), cache)
	if text, _ := os.ReadFile(file); err != nil || !built || string(text) != "dlv\n" {
		t.Fatalf("%s: %q, built: %t, %v", file, text, built, err)
	}
	goCommand(t, "exit 1")
	if again, built, err := ensure(t.Context(), cache); again != file || built || err != nil {
		t.Errorf("once more: %s, built: %t, %v", again, built, err)
	}
}

func TestWhatCannotBeBuilt(t *testing.T) {
	for name, tc := range map[string]struct {
		script    string
		says, fix string
	}{
		"offline": {
			script: "echo 'dial tcp: lookup proxy.example: no such host' >&2; exit 1",
			says:   "cannot be fetched: exit status 1\ndial tcp: lookup proxy.example: no such host", fix: "GOPROXY",
		},
		"it does not compile": {
			script: `[ "$1" = list ] && exit; echo 'undefined: x' >&2; exit 1`,
			says:   "cannot be built: exit status 1\nundefined: x", fix: "go version",
		},
	} {
		t.Run(name, func(t *testing.T) {
			goCommand(t, tc.script)
			cache := t.TempDir()
			_, _, err := ensure(t.Context(), cache)
			f := fault.From(err)
			if f == nil || f.Kind != fault.Build || !strings.Contains(f.What, tc.says) || !strings.Contains(f.Fix, tc.fix) {
				t.Errorf("the fault is %+v", f)
			}
			goCommand(t, works)
			file, _, err := ensure(t.Context(), cache)
			if err != nil {
				t.Fatalf("when it can be: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "build")); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// Whoever builds does so alone: the others wait, and take what was built.
func TestOneBuildsAtATime(t *testing.T) {
	cache := t.TempDir()
	dir := filepath.Join(cache, "delve", delve.Version, "linux-arm64")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	other := flock.New(filepath.Join(dir, "lock"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	goCommand(t, "exit 1") // nobody else is to run it
	waiting, ended := make(chan struct{}), make(chan error)
	go func() {
		_, err := delve.Ensure(t.Context(), cache, "linux", "arm64", func() { close(waiting) })
		ended <- err
	}()
	<-waiting
	if err := os.WriteFile(filepath.Join(dir, "dlv"), []byte("theirs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// One that waits can be ended.
func TestWaitingEnds(t *testing.T) {
	cache := t.TempDir()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := delve.Ensure(ctx, cache, "linux", "arm64", func() { cancel(enough) })
	if !errors.Is(err, enough) {
		t.Errorf("it says %v", err)
	}
}
