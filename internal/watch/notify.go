package watch

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// notifier gives the system's notifications of changes right in the folders that were added.
type notifier struct {
	events      <-chan fsnotify.Event
	errors      <-chan error
	add, remove func(path string) error
	close       func() error
}

// notifications are the real ones.
func notifications() (*notifier, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return &notifier{events: w.Events, errors: w.Errors, add: w.Add, remove: w.Remove, close: w.Close}, nil
}

// arm lets the system tell of changes in a folder. Where it will not, it polls from now on.
func (w *watcher) arm(dir string) {
	if w.notify == nil {
		return
	}
	err := w.notify.add(w.tree.path(dir))
	switch {
	case err == nil:
		w.armed[dir] = true
	case gone(err), errors.Is(err, fs.ErrPermission): // there is nothing to see in it
	default:
		w.fallBack(reason(err))
	}
}

// reason says why the system does not notify, and what can be done about it.
func reason(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "the system's limit of watched folders is reached (fs.inotify.max_user_watches)"
	case errors.Is(err, syscall.EMFILE):
		return "the system's limit of watchers or open files is reached (fs.inotify.max_user_instances, ulimit -n)"
	}
	return "the system does not tell of changes: " + err.Error()
}

// disarm forgets the folders at and below dir, which has gone. A folder that only moved would
// otherwise go on telling of changes, under its old name.
func (w *watcher) disarm(dir string) {
	for known := range w.armed {
		if within(known, dir) {
			delete(w.armed, known)
			_ = w.notify.remove(w.tree.path(known)) // gone with the folder, mostly
		}
	}
}

// fallBack polls from now on. Nothing is lost by it: polling compares with what is known.
func (w *watcher) fallBack(why string) {
	w.close()
	w.opts.Poll = DefaultPoll
	w.opts.Notice("watching " + w.opts.Dir + " by looking every " + w.opts.Poll.String() + ": " + why)
}

// close ends the notifications, if there are any.
func (w *watcher) close() {
	if w.notify != nil {
		_ = w.notify.close() // there is nothing more to be had from it
		w.notify = nil
		clear(w.armed)
	}
}
