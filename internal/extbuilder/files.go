package extbuilder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/fault"
)

// maxFile is the most a file of a package may hold to be read into memory, in bytes.
const maxFile = 1 << 20

// readFile reads a plain file in dir. Whatever the package holds, it never reads outside of dir.
func readFile(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cannot("open", dir, err)
	}
	defer func() { _ = root.Close() }() // only read from
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Lifecycle, "Put it at the top of the archive, without a folder.",
			"the package has no %s", name)
	}
	if err != nil {
		return nil, cannot("read", name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, notPlain(name, "file", info.Mode())
	}
	if info.Size() > maxFile {
		return nil, fault.New(fault.Lifecycle, "Look at what is in it.", "%s of the package is larger than 1 MiB", name)
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return nil, cannot("read", name, err)
	}
	return data, nil
}

// writeFile writes a file for the peer's user alone, since a connection may hold a key, and the
// folders it lies in.
func writeFile(dir, name string, data []byte) error {
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return cannot("make", filepath.Dir(name), err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return cannot("write", name, err)
	}
	return nil
}

// copyTree copies the folder from in source to the folder to in output, if there is one. A link
// or a device is an error: what it leads to is not the package's.
func copyTree(source, from, output, to string) error {
	root, err := os.OpenRoot(source)
	if err != nil {
		return cannot("open", source, err)
	}
	defer func() { _ = root.Close() }() // only read from
	top, err := root.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cannot("read", from, err)
	}
	if !top.IsDir() {
		return notPlain(from, "folder", top.Mode())
	}
	return fs.WalkDir(root.FS(), filepath.ToSlash(from), func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return cannot("read", name, err)
		}
		below, err := filepath.Rel(from, filepath.FromSlash(name))
		if err != nil {
			return cannot("place", name, err)
		}
		target := filepath.Join(output, to, below)
		if entry.IsDir() {
			return makeDir(target, name)
		}
		if !entry.Type().IsRegular() {
			return notPlain(name, "file", entry.Type())
		}
		return copyFile(root, name, target)
	})
}

func makeDir(target, name string) error {
	if err := os.MkdirAll(target, 0o700); err != nil {
		return cannot("make", name, err)
	}
	return nil
}

func copyFile(root *os.Root, name, target string) error {
	in, err := root.Open(name)
	if err != nil {
		return cannot("read", name, err)
	}
	defer func() { _ = in.Close() }() // only read from
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return cannot("write", name, err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return cannot("copy", name, err)
	}
	return nil
}

func notPlain(name, want string, mode fs.FileMode) error {
	return fault.New(fault.Lifecycle, "Put the "+want+" itself there: links and devices are not followed.",
		"%s of the package is not a plain %s (%s)", name, want, mode.Type())
}
