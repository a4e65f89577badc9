package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// rootPace is how often it makes sure that the folder itself is still the one it watches: the
// system does not tell when a folder above it moves, nor as long as somebody is in it.
const rootPace = 200 * time.Millisecond

// watcher is one run of Watch. Notifications and polling only ever say where to look; what has
// changed is found by looking, once things are quiet.
type watcher struct {
	opts   Options
	tree   *tree
	notify *notifier // nil: it polls
	armed  map[string]bool
	home   fs.FileInfo      // the folder itself as it was armed; nil if it is not there
	dirty  map[string]stamp // where to look, and what was seen there when polling
	pace   debounce
}

func newWatcher(root string, o Options) *watcher {
	w := &watcher{
		opts: o, tree: newTree(root, o), armed: map[string]bool{}, dirty: map[string]stamp{},
		pace: debounce{quiet: o.Quiet, max: o.Max},
	}
	w.tree.enter = w.arm
	return w
}

// begin gets to know the files. Each folder is armed before it is read, so that a change is
// either among what is read, or told.
func (w *watcher) begin(notify func() (*notifier, error)) {
	if w.opts.Poll <= 0 {
		if why, silent := silentFileSystem(w.tree.root); silent {
			w.fallBack(why)
		} else if n, err := notify(); err != nil {
			w.fallBack(reason(err))
		} else {
			w.notify = n
		}
	}
	w.home = w.stat()
	w.tree.settle(map[string]stamp{".": {}})
}

// run gives out batches until ctx ends.
func (w *watcher) run(ctx context.Context, batch func(Batch)) {
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	due.Stop()
	check := time.NewTimer(w.checkPace(0))
	defer check.Stop()
	for {
		events, errs := w.sources()
		select {
		case <-ctx.Done():
			return
		case event, ok := <-events:
			w.told(event, ok)
		case err := <-errs:
			w.lost(err)
		case <-check.C:
			begun := time.Now()
			w.check()
			check.Reset(w.checkPace(time.Since(begun)))
		case <-due.C:
			w.give(batch)
		}
		if w.pace.pending() {
			due.Reset(time.Until(w.pace.due()))
		}
	}
}

func (w *watcher) sources() (<-chan fsnotify.Event, <-chan error) {
	if w.notify == nil {
		return nil, nil
	}
	return w.notify.events, w.notify.errors
}

// checkPace is how long after a check, which took a while, comes the next.
func (w *watcher) checkPace(took time.Duration) time.Duration {
	const share = 20 // of the time is spent on looking, at most: one in so many parts
	if w.notify != nil {
		return rootPace
	}
	return max(w.opts.Poll, share*took)
}

// lost takes an error in place of notifications, which are lost; nil is the end of them.
func (w *watcher) lost(err error) {
	if err == nil {
		w.told(fsnotify.Event{}, false)
		return
	}
	w.lookEverywhere()
}

// told takes a notification.
func (w *watcher) told(event fsnotify.Event, ok bool) {
	if !ok {
		w.fallBack("the system's notifications ended")
		return
	}
	rel, err := filepath.Rel(w.tree.root, event.Name)
	left := event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename)
	switch {
	case err != nil || event.Name == "":
	case rel != ".":
		w.toldOf(filepath.ToSlash(rel), left)
	case left:
		w.leave()
	}
}

// toldOf takes a notification of a path below the folder, which left its place or did not.
func (w *watcher) toldOf(rel string, left bool) {
	info, err := os.Lstat(w.tree.path(rel))
	isDir := err == nil && info.IsDir()
	if w.tree.match.Ignored(rel, isDir || w.armed[rel]) {
		return
	}
	if left {
		w.disarm(rel)
	}
	if isDir {
		// At once, and not when the batch is complete: the sooner, the less it must find by looking.
		w.tree.walk(rel, func(string, fs.DirEntry) {})
	}
	w.note(rel)
}

// note says that there is something to look at.
func (w *watcher) note(rel string) {
	w.dirty[rel] = stamp{}
	w.pace.note(time.Now())
}

func (w *watcher) lookEverywhere() { w.note(".") }

// leave is the end of the folder itself, at least as it was.
func (w *watcher) leave() {
	w.home = nil
	w.disarm(".")
	w.lookEverywhere()
}

// check looks at all files when polling, and otherwise whether the folder is still the same.
func (w *watcher) check() {
	if w.notify == nil {
		if w.tree.poll(w.dirty) {
			w.pace.note(time.Now())
		}
		return
	}
	now := w.stat()
	switch {
	case now == nil && w.home == nil, now != nil && w.home != nil && os.SameFile(now, w.home):
	default:
		w.leave()
		w.home = now
	}
}

// stat is the folder itself; nil when there is none.
func (w *watcher) stat() fs.FileInfo {
	info, err := os.Stat(w.tree.root)
	if err != nil || !info.IsDir() {
		return nil
	}
	return info
}

// give looks at what is noted, and gives out what has changed.
func (w *watcher) give(batch func(Batch)) {
	// Polling has not looked since: what is being written may not be quiet yet.
	if w.notify == nil && time.Since(w.pace.first) < w.opts.Max && w.tree.poll(w.dirty) {
		w.pace.note(time.Now())
		return
	}
	dirty := w.dirty
	w.dirty = map[string]stamp{}
	b := w.tree.settle(dirty)
	b.At = w.pace.take()
	if len(b.Changed)+len(b.Removed) > 0 {
		batch(b)
	}
}
