package ccpackage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// The bounds on an archive. The peer itself takes messages of at most 100 MiB.
const (
	maxBytes   = 256 << 20 // of an archive, decompressed
	maxEntries = 10_000    // of an archive
	maxName    = 4096      // bytes of a name, the longest path on Linux
	maxDepth   = 100       // folders above an entry
	maxSmall   = 1 << 20   // bytes of a file that is read into memory
)

// limits bound an archive; the code of a package has them anew.
type limits struct {
	bytes   int64
	entries int
}

// visitor is given each entry of an archive with its name cleaned.
type visitor func(header *tar.Header, name string, content io.Reader) error

// scan reads a .tar.gz to its very end. It stands for the peer's own reader, and refuses more:
// names that lead out of the archive, entries that exclude one another, and data which the peer
// would not look at.
func scan(what string, r io.Reader, most limits, visit visitor) error {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("%s is not gzip: %w", what, cause(err))
	}
	limited := &limitedReader{r: gz, left: most.bytes, tooLarge: tooLarge(what, most)}
	archive := tar.NewReader(limited)
	names := make(tree)
	for count := 0; ; count++ {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return checkRest(what, limited)
		}
		if err != nil {
			return fmt.Errorf("%s is not a complete tar archive: %w", what, cause(err))
		}
		if count == most.entries {
			return fmt.Errorf("%s has more than %d entries", what, most.entries)
		}
		name, err := cleanName(header.Name)
		if err == nil {
			err = names.add(name, header.Typeflag == tar.TypeDir)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if err := visit(header, name, archive); err != nil {
			return err
		}
	}
}

// cause gives the end of the data its meaning.
func cause(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	return err
}

// checkRest wants nothing but the zeros that tar pads with.
func checkRest(what string, r io.Reader) error {
	buf := make([]byte, 32<<10)
	zeros := make([]byte, len(buf))
	for {
		n, err := r.Read(buf)
		if !bytes.Equal(buf[:n], zeros[:n]) {
			return fmt.Errorf("%s goes on after its end", what)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, gzip.ErrHeader) {
			return fmt.Errorf("%s goes on after its end", what)
		}
		if err != nil {
			return fmt.Errorf("%s is damaged at its end: %w", what, cause(err))
		}
	}
}

// cleanName is the name of an entry without "./" and a final slash.
func cleanName(name string) (string, error) {
	switch {
	case name == "":
		return "", errors.New("an entry has no name")
	case len(name) > maxName:
		return "", fmt.Errorf("an entry's name has %d bytes", len(name))
	case strings.ContainsRune(name, 0):
		return "", fmt.Errorf("the entry %q has a name no file can have", name)
	case path.IsAbs(name):
		return "", fmt.Errorf("the entry %q has an absolute path", name)
	}
	if slices.Contains(strings.Split(name, "/"), "..") {
		return "", fmt.Errorf("the entry %q leads to another folder", name)
	}
	clean := path.Clean(name)
	if strings.Count(clean, "/") > maxDepth {
		return "", fmt.Errorf("the entry %q lies more than %d folders deep", name, maxDepth)
	}
	return clean, nil
}

// tree are the names seen so far, and whether each is a folder.
type tree map[string]bool

// add takes a name in, and the folders it lies in. The peer's extraction would write a second
// file over the first, and fail on a file that is also a folder.
func (t tree) add(name string, isDir bool) error {
	wasDir, seen := t[name]
	switch {
	case seen && wasDir != isDir, name == "." && !isDir:
		return fmt.Errorf("the entry %q is both a file and a folder", name)
	case seen && !isDir:
		return fmt.Errorf("the entry %q is there twice", name)
	}
	t[name] = isDir
	for end := strings.LastIndexByte(name, '/'); end > 0; end = strings.LastIndexByte(name[:end], '/') {
		parent := name[:end]
		if wasDir, seen := t[parent]; seen && !wasDir {
			return fmt.Errorf("the entry %q is both a file and a folder", parent)
		}
		t[parent] = true
	}
	return nil
}

// readSmall reads a file whole, unless it is too large to be what its name says.
func readSmall(name string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSmall+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
	}
	if len(data) > maxSmall {
		return nil, fmt.Errorf("%s is larger than 1 MiB", name)
	}
	return data, nil
}

func tooLarge(what string, most limits) error {
	return fmt.Errorf("%s unpacks to more than %d bytes", what, most.bytes)
}

// limitedReader is an error once more than left bytes were read: an archive of a few kilobytes
// can hold terabytes.
type limitedReader struct {
	r        io.Reader
	left     int64
	tooLarge error
}

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, l.tooLarge
	}
	return n, err
}
