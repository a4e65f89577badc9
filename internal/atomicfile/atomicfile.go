// Package atomicfile writes files that are either whole or not there.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write puts data in the file at path with this mode, replacing what was there. Whoever reads
// it meanwhile, or after a kill, finds the old content or the new, never a part.
func Write(path string, data []byte, mode os.FileMode) error {
	return replace(path, mode, func(tmp *os.File) error {
		_, err := tmp.Write(data)
		return err
	})
}

// Copy makes the file at path to hold what the one at from holds, as Write does. It is on the disk
// then: for programs, which are kept, and of which only the names are looked at later.
func Copy(from, to string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read from
	return replace(to, mode, func(tmp *os.File) error {
		_, err := io.Copy(tmp, in)
		return errors.Join(err, tmp.Sync())
	})
}

// replace has a file filled in beside path, and takes it for path.
func replace(path string, mode os.FileMode, fill func(*os.File) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // already failing: the first error is the one to tell
		}
	}()
	err = fill(tmp)
	if cerr := tmp.Chmod(mode); err == nil {
		err = cerr
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
