package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Room is how many bytes can still be written where dir is, or will be.
func Room(dir string) (uint64, error) {
	for {
		_, err := os.Stat(dir)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			return free(dir)
		}
		dir = filepath.Dir(dir)
	}
}

// Write tries to write in a folder, which it makes, and leaves nothing in it.
func Write(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Gone tells whether the folder of a project is not there any more. One that cannot be looked at
// may be somebody else's.
func Gone(dir string) bool {
	_, err := os.Lstat(dir)
	return errors.Is(err, fs.ErrNotExist)
}
