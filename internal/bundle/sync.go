package bundle

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// listName is where Sync notes what it has put into a folder.
const listName = ".ccdev-files"

// Sync makes the folder hold these files, and touches only those that differ: what is compiled
// incrementally goes by times. Files of an earlier Sync that are not among them go; what others
// have put there stays. It gives the names of those that differed.
func Sync(dir string, entries []Entry) (changed []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // its files are closed
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
		has, err := root.ReadFile(filepath.FromSlash(e.Name))
		if err == nil && bytes.Equal(has, e.Data) {
			continue
		}
		if err := writeFile(root, e); err != nil {
			return nil, err
		}
		changed = append(changed, e.Name)
	}
	if err := removeOthers(root, names); err != nil {
		return nil, err
	}
	return changed, root.WriteFile(listName, []byte(strings.Join(names, "\n")), 0o600)
}

// removeOthers removes the files of the last Sync that are not among those named.
func removeOthers(root *os.Root, names []string) error {
	list, err := root.ReadFile(listName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range strings.Split(string(list), "\n") {
		if name == "" || slices.Contains(names, name) {
			continue
		}
		if err := root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
