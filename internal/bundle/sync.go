package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// listName is where Sync notes what it has put into a folder.
const listName = ".ccdev-files"

// list tells what each file of the last Sync held, by its sum.
type list map[string]string

// unsure stands for the sum of a file that a Sync was about to change, and may have been cut off.
const unsure = ""

// Sync puts these files into a folder, and touches only those that have changed since the last
// Sync, or are gone: what is compiled incrementally goes by times, and may have been compiled into
// one of them. Files of the last Sync that are not among them go; what others have put there stays.
// It gives the names of those that it changed or removed.
func Sync(dir string, entries []Entry) (changed []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // its files are closed
	before, now := readList(root), list{}
	var put []Entry
	for _, e := range entries {
		sum := sha256.Sum256(e.Data)
		now[e.Name] = hex.EncodeToString(sum[:])
		if _, err := root.Stat(filepath.FromSlash(e.Name)); err != nil || before[e.Name] != now[e.Name] {
			put = append(put, e)
			changed = append(changed, e.Name)
		}
	}
	gone := before.without(now)
	if changed = append(changed, gone...); len(changed) == 0 {
		return nil, nil
	}
	for _, name := range changed {
		before[name] = unsure
	}
	if err := before.write(root); err != nil {
		return nil, err
	}
	if err := errors.Join(remove(root, gone), write(root, put)); err != nil {
		return nil, err
	}
	slices.Sort(changed)
	return changed, now.write(root)
}

// readList gives what the last Sync has noted. Without it everything is written once more.
func readList(root *os.Root) list {
	var l list
	text, err := root.ReadFile(listName)
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil || l == nil {
		return list{}
	}
	return l
}

func (l list) write(root *os.Root) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return root.WriteFile(listName, text, 0o600)
}

// without are the names that are not in another list.
func (l list) without(other list) (names []string) {
	for name := range l {
		if _, has := other[name]; !has {
			names = append(names, name)
		}
	}
	return names
}

func write(root *os.Root, entries []Entry) error {
	for _, e := range entries {
		if err := writeFile(root, e); err != nil {
			return err
		}
	}
	return nil
}

func remove(root *os.Root, names []string) error {
	for _, name := range names {
		if err := root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
