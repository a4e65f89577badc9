package watch

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const patience = 20 * time.Second // for what must come; nothing waits that long in a run that passes

// modes are the ways to watch: all must find the same.
var modes = map[string]time.Duration{"notified": 0, "polling": 10 * time.Millisecond}

// folder is a watched one.
type folder struct {
	t       *testing.T
	dir     string
	outside string // on the same file system
	batches chan Batch
}

// watched begins to watch a folder with some files in it.
func watched(t *testing.T, poll time.Duration, files ...string) *folder {
	t.Helper()
	f := &folder{t: t, dir: filepath.Join(t.TempDir(), "cc"), outside: t.TempDir(), batches: make(chan Batch, 1000)}
	for _, file := range append(files, "marker") {
		put(t, f.path(file), "text of "+file)
	}
	f.start(Options{Dir: f.dir, Poll: poll}, notifications)
	return f
}

func (f *folder) start(o Options, notify func() (*notifier, error)) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	o.Ready = func() { close(ready) }
	give := func(b Batch) {
		select {
		case f.batches <- b:
		case <-ctx.Done():
		}
	}
	go func() { done <- watch(ctx, o, notify, give) }()
	f.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			f.t.Errorf("it ended with %v", err)
		}
	})
	select {
	case <-ready:
	case <-time.After(patience):
		f.t.Fatal("it is not ready")
	}
}

func (f *folder) path(rel string) string { return filepath.Join(f.dir, filepath.FromSlash(rel)) }

// save puts a file there in one step, so that one batch has it.
func (f *folder) save(rel, text string) {
	f.t.Helper()
	temp := filepath.Join(f.outside, "saving")
	put(f.t, temp, text)
	f.must(os.Rename(temp, f.path(rel)))
}

func (f *folder) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) next() Batch {
	f.t.Helper()
	select {
	case b := <-f.batches:
		if b.At.IsZero() || !slices.IsSorted(b.Changed) || !slices.IsSorted(b.Removed) {
			f.t.Errorf("the batch is %+v", b)
		}
		return b
	case <-time.After(patience):
		f.t.Fatal("no batch comes")
		return Batch{}
	}
}

// expect takes batches until they come to these changes, and nothing else: "+" or "-" and the
// path. It gives their number.
func (f *folder) expect(want ...string) int {
	f.t.Helper()
	want = slices.Sorted(slices.Values(want))
	last := map[string]string{}
	for n := 1; ; n++ {
		b := f.next()
		for _, p := range b.Changed {
			last[p] = "+" + p
		}
		for _, p := range b.Removed {
			last[p] = "-" + p
		}
		var got []string
		for _, change := range last {
			got = append(got, change)
		}
		slices.Sort(got)
		if slices.Equal(got, want) {
			return n
		}
		for p, change := range last {
			if !slices.Contains(want, "+"+p) && !slices.Contains(want, "-"+p) {
				f.t.Fatalf("there came %s; wanted are %q", change, want)
			}
		}
	}
}

// expectNothing proves that what came before is no change: a later one comes alone.
func (f *folder) expectNothing() {
	f.t.Helper()
	f.save("marker", "changed at "+time.Now().String())
	if b := f.next(); !slices.Equal(b.Changed, []string{"marker"}) || len(b.Removed) > 0 {
		f.t.Errorf("there came %+v", b)
	}
}

func put(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// eachMode runs a test with notifications, and by polling.
func eachMode(t *testing.T, test func(t *testing.T, poll time.Duration)) {
	t.Helper()
	for mode, poll := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			test(t, poll)
		})
	}
}
