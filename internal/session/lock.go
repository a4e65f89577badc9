package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/gofrs/flock"
)

// lock lets one command change the network at a time: the next one waits until this one is
// done, or dead. It makes the state folder. release must be called.
func (s *Session) lock(ctx context.Context, command string) (release func(), err error) {
	for {
		if err := network.PrepareStateDir(s.dir); err != nil {
			return nil, err
		}
		path := filepath.Join(network.StateDir(s.dir), "lock")
		f := flock.New(path)
		got, err := f.TryLock()
		if err == nil && !got {
			holder, _ := os.ReadFile(path) // only for the notice
			s.emit(event.Notice{Text: fmt.Sprintf("another ccdev is changing this network (%s): waiting for it",
				strings.TrimSpace(string(holder)))})
			_, err = f.TryLockContext(ctx, 20*time.Millisecond)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, fault.New(fault.Usage, "make "+network.StateDir(s.dir)+" writable", "cannot lock the network: %w", err)
		}
		if stillThere(f, path) {
			_ = os.WriteFile(path, fmt.Appendf(nil, "pid %d, ccdev %s\n", os.Getpid(), command), 0o600) // only for the notice
			return func() { _ = f.Close() }, nil                                                        // the lock ends with the file, closed or not
		}
		_ = f.Close() // the one before has removed the network, and the lock with it
	}
}

// stillThere tells whether the locked file is the one that the next command will lock.
func stillThere(f *flock.Flock, path string) bool {
	locked, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(locked, there)
}

// remove deletes the state folder, the lock last: until then nobody else starts.
func removeState(dir string) error {
	state := network.StateDir(dir)
	entries, err := os.ReadDir(state)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.Name() != "lock" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(state, e.Name())))
		}
	}
	if err == nil {
		err = os.RemoveAll(state)
	}
	if err != nil {
		return fault.New(fault.Other, "delete "+state+" by hand", "cannot remove the network's state: %w", err)
	}
	return nil
}
