package export

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
)

// marker is in every folder that ccdev has exported to.
const marker = ".ccdev-export"

// Write puts files into a folder, for its owner alone, as keys are among them. The folder is made
// for it, or is empty, or is that of an earlier export, whose files it replaces. Those of programs can
// be run.
func Write(dir string, files map[string][]byte, programs ...string) error {
	if err := checkFolder(dir); err != nil {
		return err
	}
	cannot := func(err error) error {
		return fault.New(fault.Usage, "choose another folder with -d", "cannot write to %s: %w", dir, err)
	}
	files = maps.Clone(files)
	files[marker] = []byte("This folder is written by ccdev export, and may be written anew.\n")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return cannot(err)
		}
		mode := fs.FileMode(0o600)
		if slices.Contains(programs, name) {
			mode = 0o700
		}
		if err := atomicfile.Write(file, files[name], mode); err != nil {
			return cannot(err)
		}
	}
	return nil
}

func checkFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err == nil {
		if _, err = os.Lstat(filepath.Join(dir, marker)); err == nil {
			return nil
		}
		err = fmt.Errorf("it has files that are not from an export")
	}
	return fault.New(fault.Usage, "choose another folder with -d", "cannot export to %s: %w", dir, err)
}
