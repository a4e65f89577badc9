// Package bundle keeps a program that is more than one file, a Node chaincode, in one: a gzipped
// tar of its folder with a manifest that says how to run it.
package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Manifest says how to run what is in a bundle. Commands are run in its folder.
type Manifest struct {
	Server []string `json:"server,omitempty"` // listens for a peer; none where it cannot
	Client []string `json:"client,omitempty"` // dials one; the flag --peer.address ADDRESS is added
	// Modules is the name of a folder beside the bundles whose node_modules it needs: dependencies
	// are many files, and the same for most bundles.
	Modules string `json:"modules,omitempty"`
	// Debug says that the commands run it under a debugger.
	Debug bool `json:"debug,omitempty"`
}

// manifestName is the first entry of every bundle.
const manifestName = ".ccdev-bundle.json"

// limit bounds what a bundle may hold, in bytes: sources and what they compile to.
const limit = 256 << 20

// Entry is a file of a bundle, by its path with slashes.
type Entry struct {
	Name string
	Mode fs.FileMode // permissions
	Data []byte
}

// Files gives the plain files in dir that skip does not name, sorted by path. skip is asked for
// folders too, which it leaves out with all that is in them; other kinds of files are left out.
func Files(dir string, skip func(name string, isDir bool) bool) ([]Entry, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read from
	var entries []Entry
	size := int64(0)
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case skip(name, e.IsDir()) && e.IsDir():
			return fs.SkipDir
		case skip(name, e.IsDir()) || !e.Type().IsRegular():
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if size += info.Size(); size > limit {
			return fmt.Errorf("%s holds more than %d MiB besides its dependencies: move what the chaincode does not need elsewhere", dir, limit>>20)
		}
		data, err := root.ReadFile(name)
		entries = append(entries, Entry{Name: name, Mode: info.Mode().Perm(), Data: data})
		return err
	})
	return entries, err
}

// Write writes a bundle. The same files and manifest give the same bytes.
func Write(w io.Writer, m Manifest, entries []Entry) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	all := slices.Concat([]Entry{{Name: manifestName, Mode: 0o600, Data: text}}, entries)
	zipped, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	return errors.Join(writeTar(zipped, all), zipped.Close())
}

// writeTar writes entries without times and owners: only their content counts.
func writeTar(w io.Writer, entries []Entry) error {
	out := tar.NewWriter(w)
	for _, e := range entries {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: e.Name, Size: int64(len(e.Data)), Mode: int64(e.Mode), Format: tar.FormatPAX}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		if _, err := out.Write(e.Data); err != nil {
			return err
		}
	}
	return out.Close()
}

// Is tells whether a file is a bundle, and not a program of one file.
func Is(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // only read from
	var magic [2]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil {
		return false, nil // too short for one: whoever runs it says what it is
	}
	return bytes.Equal(magic[:], []byte{0x1f, 0x8b}), nil
}

// ReadManifest gives the manifest of a bundle.
func ReadManifest(file string) (Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close() //nolint:errcheck // only read from
	var m Manifest
	found := false
	err = read(f, func(e Entry) error {
		found = e.Name == manifestName
		if !found {
			return errStop
		}
		if err := json.Unmarshal(e.Data, &m); err != nil {
			return err
		}
		return errStop
	})
	if err == nil && !found {
		err = errors.New("it has no manifest")
	}
	if err != nil {
		return m, fmt.Errorf("%s is no bundle: %w", file, err)
	}
	return m, nil
}

var errStop = errors.New("read enough")

// Unpack writes the files of a bundle below dir, which exists, and gives its manifest.
func Unpack(file, dir string) (Manifest, error) {
	m, err := ReadManifest(file)
	if err != nil {
		return m, err
	}
	f, err := os.Open(file)
	if err != nil {
		return m, err
	}
	defer f.Close() //nolint:errcheck // only read from
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, err
	}
	defer root.Close() //nolint:errcheck // its files are closed
	err = read(f, func(e Entry) error {
		if e.Name == manifestName {
			return nil
		}
		return writeFile(root, e)
	})
	if err != nil {
		return m, fmt.Errorf("unpack %s: %w", file, err)
	}
	return m, nil
}

// Read gives the entries of a bundle's stream in their order, without its manifest.
func Read(r io.Reader) ([]Entry, error) {
	var entries []Entry
	err := read(r, func(e Entry) error {
		if e.Name != manifestName {
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
}

// read takes nothing but plain files with paths that stay inside.
func read(r io.Reader, use func(Entry) error) error {
	zipped, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	in := tar.NewReader(zipped)
	left := int64(limit + 1<<20)
	for {
		e, err := next(in, &left)
		if err == nil {
			err = use(e)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, errStop) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// next reads one entry, and takes its size from what is left to be read.
func next(in *tar.Reader, left *int64) (Entry, error) {
	h, err := in.Next()
	if err != nil {
		return Entry{}, err
	}
	if h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
		return Entry{}, fmt.Errorf("it holds %q, which is no plain file inside it", h.Name)
	}
	if *left -= h.Size; *left < 0 {
		return Entry{}, fmt.Errorf("it holds more than %d MiB", limit>>20)
	}
	data := make([]byte, h.Size)
	if _, err := io.ReadFull(in, data); err != nil {
		return Entry{}, fmt.Errorf("it is cut off: %w", err)
	}
	return Entry{Name: h.Name, Mode: h.FileInfo().Mode().Perm(), Data: data}, nil
}

func writeFile(root *os.Root, e Entry) error {
	name := filepath.FromSlash(e.Name)
	if dir := filepath.Dir(name); dir != "." {
		if err := root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return root.WriteFile(name, e.Data, e.Mode|0o400)
}
