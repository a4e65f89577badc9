// Package atomicfile writes files that are either whole or not there.
package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write puts data in the file at path with this mode, replacing what was there. Whoever reads
// it meanwhile, or after a kill, finds the old content or the new, never a part.
func Write(path string, data []byte, mode os.FileMode) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // already failing: the first error is the one to tell
		}
	}()
	_, err = tmp.Write(data)
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
