package release

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// file is one of an archive.
type file struct {
	name    string // in the archive
	path    string
	program bool
}

func (f file) mode() fs.FileMode {
	if f.program {
		return 0o755
	}
	return 0o644
}

// when everything in an archive was written: the beginning of what zip can say.
var when = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func writeTar(w io.Writer, files []file) error {
	compressed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: f.name, Mode: int64(f.mode()), Size: info.Size(), ModTime: when, Typeflag: tar.TypeReg}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if err := f.copy(archive); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), compressed.Close())
}

func writeZip(w io.Writer, files []file) error {
	archive := zip.NewWriter(w)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: when}
		header.SetMode(f.mode())
		to, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if err := f.copy(to); err != nil {
			return err
		}
	}
	return archive.Close()
}

func (f file) copy(to io.Writer) error {
	from, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read from
	_, err = io.Copy(to, from)
	return err
}

// writeChecksums writes the SHA-256 of each file of a folder, as "sha256sum -c" reads them.
func writeChecksums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, e := range entries {
		sum := sha256.New()
		if err := (file{path: filepath.Join(dir, e.Name())}).copy(sum); err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sum.Sum(nil), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, Checksums), []byte(text.String()), 0o644)
}
