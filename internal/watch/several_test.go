package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// severalWatched begins to watch folders beside and below one another.
func severalWatched(t *testing.T, folders ...string) *folder {
	t.Helper()
	f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
	var options []Options
	for _, name := range folders {
		put(t, f.path(name+"/marker"), "text")
		options = append(options, Options{Dir: f.path(name)})
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	calls := 0
	go func() {
		done <- Several(ctx, options, func() { close(ready) }, func(b Batch) {
			calls++ // the race detector sees two at once
			f.batches <- b
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatal("it is not ready")
	}
	return f
}

func TestSeveral(t *testing.T) {
	f := severalWatched(t, "ws/cc", "ws/lib", "other")
	for _, tc := range []struct{ save, told string }{
		{"ws/cc/main.go", "main.go"},
		{"ws/lib/lib.go", "../lib/lib.go"},
		{"other/x.go", "../../other/x.go"},
		{"ws/cc/main.go", "main.go"},
	} {
		f.save(tc.save, tc.told+time.Now().String())
		if b := f.next(); !slices.Equal(b.Changed, []string{tc.told}) || len(b.Removed) > 0 || b.At.IsZero() {
			t.Errorf("after a save of %s the batch is %+v", tc.save, b)
		}
	}
	f.must(os.Remove(f.path("ws/lib/lib.go")))
	if b := f.next(); !slices.Equal(b.Removed, []string{"../lib/lib.go"}) || len(b.Changed) > 0 {
		t.Errorf("after a removal the batch is %+v", b)
	}
}

func TestSeveralAtOnce(t *testing.T) {
	f := severalWatched(t, "a", "b")
	const saves = 20
	for i := range saves {
		for _, name := range []string{"a", "b"} {
			f.save(name+"/file", fmt.Sprint(i))
		}
	}
	last := map[string]bool{}
	for len(last) < 2 { // each folder's last save comes, whatever became of those before
		for _, file := range f.next().Changed {
			last[file] = true
		}
	}
}

func TestSeveralEndsWithTheFirstFault(t *testing.T) {
	dir := t.TempDir()
	err := Several(t.Context(), []Options{{Dir: dir}, {Dir: filepath.Join(dir, "none")}}, func() {}, func(Batch) {})
	if err == nil {
		t.Error("a folder that is not there is no fault")
	}
}
