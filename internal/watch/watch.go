// Package watch turns file changes below a folder into debounced batches.
package watch

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

// The defaults of Options.
const (
	DefaultQuiet = 50 * time.Millisecond
	DefaultMax   = 500 * time.Millisecond
	DefaultPoll  = 250 * time.Millisecond // where it must poll, and no pace was asked for
)

// Options say what to watch, and how patiently.
type Options struct {
	Dir    string        // folder to watch, with all below it
	Ignore []string      // patterns as in a .gitignore of Dir; they come before what Dir's own files say
	Quiet  time.Duration // no change for that long ends a batch; DefaultQuiet if 0
	Max    time.Duration // a batch is given out that long after its first change at the latest; DefaultMax if 0
	Poll   time.Duration // more than 0: look that often, and do without the system's notifications

	// Dockerignore says that the .dockerignore of Dir counts. It says what a Dockerfile can see of
	// the sources, so for any other build it may hide all of them.
	Dockerignore bool

	// Later says that the folder need not be there at the beginning.
	Later bool

	Ready  func()            // called once, when no later change can be missed; may be nil
	Notice func(text string) // told what the user should know, such as why it polls; may be nil
}

// Batch is what has changed since the batch before. Paths are relative to the folder, with
// slashes, and sorted.
type Batch struct {
	At      time.Time // when the first of the changes was noticed
	Changed []string  // files that are new or have other contents
	Removed []string  // files that are gone
}

// Watch calls batch with the changes below a folder until ctx ends, which is no error. Every
// difference to the files as they were when Ready was called comes in a batch, or is undone
// before it would have. What counts is contents: a touch, a chmod, or saving the same again is no
// change, and neither is what a Matcher ignores. A symbolic link is never followed: its contents
// are where it points. The folder may go and come again.
//
// The calls come one after the other; what changes while batch runs comes in a later one. It must
// return when ctx ends. The
// fault of a folder that is not there at the beginning is of the kind Usage.
func Watch(ctx context.Context, o Options, batch func(Batch)) error {
	return watch(ctx, o, notifications, batch)
}

// watch is Watch with notifications from anywhere.
func watch(ctx context.Context, o Options, notify func() (*notifier, error), batch func(Batch)) error {
	o.setDefaults()
	root, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	if info, err := os.Stat(root); !o.Later && (err != nil || !info.IsDir()) {
		return fault.New(fault.Usage, "correct the path of the chaincode", "there is no folder %s to watch", o.Dir)
	}
	w := newWatcher(root, o)
	defer w.close()
	w.begin(notify)
	o.Ready()
	w.run(ctx, batch)
	return nil
}

func (o *Options) setDefaults() {
	if o.Quiet <= 0 {
		o.Quiet = DefaultQuiet
	}
	if o.Max <= 0 {
		o.Max = DefaultMax
	}
	if o.Ready == nil {
		o.Ready = func() {}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
}
