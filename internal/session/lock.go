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
	"github.com/ccdev/ccdev/internal/project"
	"github.com/gofrs/flock"
)

// lock lets one command change the network at a time: the next one waits until this one is
// done, or dead. release must be called. The lock lies apart from the network's state, which a
// command that holds it may remove.
func (s *Session) lock(ctx context.Context, command string) (release func(), err error) {
	path := filepath.Join(s.cacheDir, "locks", project.Project{Dir: s.dir}.ID())
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fault.New(fault.Usage, "set CCDEV_CACHE to a folder that can be written", "cannot lock the network: %w", err)
	}
	for {
		f := flock.New(path)
		if err := s.await(ctx, f); err != nil {
			return nil, err
		}
		if !stillThere(f, path) {
			_ = f.Close() // removed by the one before: others would lock another file
			continue
		}
		_ = os.WriteFile(path, fmt.Appendf(nil, "pid %d, ccdev %s\n", os.Getpid(), command), 0o600) // only for the notice
		return func() {
			if _, err := os.Stat(network.StateDir(s.dir)); errors.Is(err, os.ErrNotExist) {
				_ = os.Remove(path) // nothing of the project is left, nor should this be
			}
			_ = f.Close() // which is what unlocks
		}, nil
	}
}

// await takes the lock, telling whom it waits for.
func (s *Session) await(ctx context.Context, f *flock.Flock) error {
	got, err := f.TryLock()
	if err == nil && !got {
		text, _ := os.ReadFile(f.Path()) // only for the notice
		holder := strings.TrimSpace(string(text))
		if holder != "" { // otherwise it is about to write who it is
			holder = " (" + holder + ")"
		}
		s.emit(event.Notice{Text: "another ccdev is changing this network" + holder + ": waiting for it"})
		_, err = f.TryLockContext(ctx, 20*time.Millisecond)
	}
	if ctx.Err() != nil {
		_ = f.Close()
		return context.Cause(ctx)
	}
	if err != nil {
		return fault.New(fault.Usage, "make "+filepath.Dir(f.Path())+" writable, or set CCDEV_CACHE", "cannot lock the network: %w", err)
	}
	return nil
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
