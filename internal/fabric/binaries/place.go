package binaries

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockPause is the time between two looks at a lock that somebody else holds.
const lockPause = 100 * time.Millisecond

// place is a folder in the cache that is either complete or not there.
type place struct {
	dir      string
	complete func() bool
	waiting  func() // called once when another process is filling the place; may be nil
}

// fill has the folder made by work unless it is complete, by one process at a time. Work writes
// into out, which becomes the folder, and may leave what it likes in scratch, which is removed.
func (p place) fill(ctx context.Context, work func(scratch, out string) error) error {
	if err := os.MkdirAll(filepath.Dir(p.dir), 0o755); err != nil {
		return err
	}
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if p.complete() {
		return nil
	}
	if err := p.removeLeftovers(); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(p.dir), p.scratchPrefix())
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // if it fails, the next one to fill removes it
	out := filepath.Join(scratch, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	if err := work(scratch, out); err != nil {
		return err
	}
	return os.Rename(out, p.dir)
}

func (p place) scratchPrefix() string { return filepath.Base(p.dir) + ".tmp-" }

// lock takes the lock beside the folder. The operating system drops it when its holder dies.
func (p place) lock(ctx context.Context) (unlock func(), err error) {
	l := flock.New(p.dir + ".lock")
	locked, err := l.TryLock()
	if err == nil && !locked {
		if p.waiting != nil {
			p.waiting()
		}
		_, err = l.TryLockContext(ctx, lockPause)
	}
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	}
	return func() { _ = l.Close() }, nil // closing the file is what unlocks it
}

// removeLeftovers removes what a killed process left. The lock says that nobody uses it.
func (p place) removeLeftovers() error {
	parent := filepath.Dir(p.dir)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), p.scratchPrefix()) {
			if err := os.RemoveAll(filepath.Join(parent, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(p.dir) // incomplete
}
