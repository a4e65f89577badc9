package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// fake is a system that tells nothing by itself.
type fake struct {
	events chan fsnotify.Event
	errors chan error
	left   atomic.Int64 // folders it can still watch
	closed atomic.Bool
}

func newFake(folders int64) *fake {
	f := &fake{events: make(chan fsnotify.Event), errors: make(chan error)}
	f.left.Store(folders)
	return f
}

func (f *fake) notifier() (*notifier, error) {
	return &notifier{
		events: f.events, errors: f.errors,
		add: func(string) error {
			if f.left.Add(-1) < 0 {
				return syscall.ENOSPC
			}
			return nil
		},
		remove: func(string) error { return nil },
		close:  func() error { f.closed.Store(true); return nil },
	}, nil
}

func TestItPollsWhereTheSystemDoesNotTell(t *testing.T) {
	few := newFake(3)
	for name, tc := range map[string]struct {
		notify func() (*notifier, error)
		notice string
	}{
		"no watcher at all":     {func() (*notifier, error) { return nil, syscall.EMFILE }, "max_user_instances"},
		"no system to ask":      {func() (*notifier, error) { return nil, errors.New("not supported") }, "not supported"},
		"too many folders":      {few.notifier, "max_user_watches"},
		"the notifications end": {ended, "ended"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
			for _, file := range []string{"a/a/a", "b/b/b", "c/c/c", "marker"} {
				put(t, f.path(file), "text")
			}
			notices := make(chan string, 10)
			f.start(Options{Dir: f.dir, Notice: func(text string) { notices <- text }}, tc.notify)
			f.save("c/c/c", "changed")
			f.expect("+c/c/c")
			f.save("a/a/a", "changed")
			f.expect("+a/a/a")
			f.expectNothing()
			if text := <-notices; !strings.Contains(text, tc.notice) || !strings.Contains(text, f.dir) || !strings.Contains(text, "250ms") {
				t.Errorf("the notice is %q", text)
			}
			if len(notices) > 0 {
				t.Errorf("a second notice: %q", <-notices)
			}
		})
	}
	if !few.closed.Load() {
		t.Error("the notifier is left open")
	}
}

func ended() (*notifier, error) {
	f := newFake(100)
	close(f.events)
	return f.notifier()
}

func TestTheLimitIsReachedLater(t *testing.T) {
	system := newFake(3) // the folder itself, and two later looks at it
	f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
	put(t, f.path("marker"), "")
	notices := make(chan string, 10)
	f.start(Options{Dir: f.dir, Notice: func(text string) { notices <- text }}, system.notifier)
	for _, dir := range []string{"a", "b"} {
		put(t, f.path(dir+"/file"), "1")
		select {
		case system.events <- fsnotify.Event{Name: f.path(dir), Op: fsnotify.Create}:
		case <-notices: // it polls, and asks no more
			notices <- ""
		}
		f.expect("+" + dir + "/file")
	}
	f.expectNothing()
	<-notices
}

func TestLostNotifications(t *testing.T) {
	system := newFake(1000)
	f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
	put(t, f.path("sub/a"), "1")
	put(t, f.path("gone"), "1")
	f.start(Options{Dir: f.dir}, system.notifier)
	put(t, f.path("sub/a"), "2")
	put(t, f.path("new/b"), "1")
	f.must(os.Remove(f.path("gone")))
	system.errors <- fsnotify.ErrEventOverflow
	f.expect("+sub/a", "+new/b", "-gone")
}

func TestNotificationsOfNoInterest(t *testing.T) {
	system := newFake(1000)
	f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
	put(t, f.path("a"), "1")
	f.start(Options{Dir: f.dir}, system.notifier)
	put(t, f.path("a"), "2")
	for _, name := range []string{"", filepath.Join(f.dir, ".git"), filepath.Join(f.dir, "node_modules", "x"), f.dir} {
		system.events <- fsnotify.Event{Name: name, Op: fsnotify.Chmod}
	}
	put(t, f.path("b"), "1")
	system.events <- fsnotify.Event{Name: f.path("b"), Op: fsnotify.Create}
	f.expect("+b") // and not a, of which nothing was told
}

func TestAFolderThatVanishesIsNoReasonToPoll(t *testing.T) {
	system := newFake(1000)
	f := &folder{t: t, dir: t.TempDir(), outside: t.TempDir(), batches: make(chan Batch, 1000)}
	put(t, f.path("sub/a"), "1")
	notices := make(chan string, 10)
	f.start(Options{Dir: f.dir, Notice: func(text string) { notices <- text }}, func() (*notifier, error) {
		n, err := system.notifier()
		n.add = func(path string) error {
			if path == f.path("sub") {
				return syscall.ENOENT
			}
			return nil
		}
		return n, err
	})
	put(t, f.path("b"), "1")
	system.events <- fsnotify.Event{Name: f.path("b"), Op: fsnotify.Create}
	f.expect("+b")
	if len(notices) > 0 {
		t.Errorf("it says %q", <-notices)
	}
}

// TestPollingWaitsForQuietToo has a change between the look that found another and the end of the
// quiet time. The clock is not the real one, the files are.
func TestPollingWaitsForQuietToo(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ready, done := make(chan struct{}), make(chan struct{})
		var batches []Batch
		go func() {
			defer close(done)
			o := Options{Dir: dir, Poll: time.Second, Ready: func() { close(ready) }}
			_ = Watch(ctx, o, func(b Batch) { batches = append(batches, b) })
		}()
		<-ready
		time.Sleep(990 * time.Millisecond)
		put(t, filepath.Join(dir, "a"), "1")
		time.Sleep(20 * time.Millisecond)
		put(t, filepath.Join(dir, "b"), "1")
		time.Sleep(5 * time.Second)
		cancel()
		<-done
		if len(batches) != 1 || !slices.Equal(batches[0].Changed, []string{"a", "b"}) {
			t.Errorf("the batches are %+v", batches)
		}
	})
}

// BenchmarkWriteToBatch is the time from a write to its batch: the quiet time, and what finding
// the change costs. It has 2,000 files in vendor.
func BenchmarkWriteToBatch(b *testing.B) {
	dir := b.TempDir()
	for i := range 2000 {
		put(b, filepath.Join(dir, "vendor", string(rune('a'+i%26)), "f"+time.Duration(i).String()), strings.Repeat("x", 4096))
	}
	put(b, filepath.Join(dir, "main.go"), "")
	ready, batches := make(chan struct{}), make(chan Batch, 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = Watch(b.Context(), Options{Dir: dir, Ready: func() { close(ready) }}, func(batch Batch) { batches <- batch })
	}()
	b.Cleanup(func() { <-done })
	<-ready
	for n := 0; b.Loop(); n++ {
		put(b, filepath.Join(dir, "main.go"), time.Duration(n+1).String())
		<-batches
	}
}

// BenchmarkBegin is the time until a folder of 2,000 files is watched.
func BenchmarkBegin(b *testing.B) {
	dir := b.TempDir()
	for i := range 2000 {
		put(b, filepath.Join(dir, string(rune('a'+i%26)), "f"+time.Duration(i).String()), strings.Repeat("x", 4096))
	}
	put(b, filepath.Join(dir, ".gitignore"), "*.out\nbin/\n/x/**/y\n*.[oa]\n")
	o := Options{Dir: dir}
	o.setDefaults()
	for b.Loop() {
		w := newWatcher(dir, o)
		w.begin(notifications)
		w.close()
	}
}
