package offline

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/atomicfile"
)

// Merge adds the files of a folder to another one, and leaves what that has as it is: caches have
// one content for one name. Files that add tells of are logs, to which the lines are added that
// they lack.
func Merge(from, to string, add func(name string) bool) error {
	err := filepath.WalkDir(from, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		_, err = os.Lstat(target)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return place(file, target, e)
		case err == nil && add(filepath.ToSlash(name)):
			return addLines(file, target)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := os.Stat(from); gone != nil {
			return nil // there is nothing of it
		}
	}
	return err
}

// place copies a file, whole or not at all.
func place(file, target string, e fs.DirEntry) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	info, err := e.Info()
	if err != nil {
		return err
	}
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read from
	to, err := os.CreateTemp(filepath.Dir(target), ".ccdev-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	err = errors.Join(err, to.Chmod(info.Mode().Perm()|0o044), to.Close())
	if err == nil {
		err = os.Rename(to.Name(), target)
	}
	if err != nil {
		return errors.Join(err, os.Remove(to.Name()))
	}
	return nil
}

func addLines(file, target string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	has, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	added := has
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line != "" && !bytes.Contains(has, []byte(line)) {
			added = append(added, "\n"+line...)
		}
	}
	if len(added) == len(has) {
		return nil
	}
	return atomicfile.Write(target, added, 0o600)
}
