// Package offline carries folders to machines without a network, in one file.
package offline

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// About says what a file was made for. It is the first entry.
type About struct {
	Format int    `json:"format"`
	CCDev  string `json:"ccdev"` // the version that made it
	Fabric string `json:"fabric"`
	OS     string `json:"os"` // what its programs run on, in Go's words
	Arch   string `json:"arch"`
}

// Format is the one that is written, and read.
const Format = 1

const aboutName = "ccdev-offline.json"

// Folder is one that is carried, under a name.
type Folder struct{ Name, Dir string }

// Write packs the folders' plain files.
func Write(w io.Writer, about About, folders []Folder) error {
	compressed, err := gzip.NewWriterLevel(w, gzip.BestSpeed) // most of it is compressed already
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	about.Format = Format
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	header := &tar.Header{Name: aboutName, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if _, err := archive.Write(text); err != nil {
		return err
	}
	for _, f := range folders {
		if err := f.pack(archive); err != nil {
			return fmt.Errorf("pack %s: %w", f.Dir, err)
		}
	}
	return errors.Join(archive.Close(), compressed.Close())
}

func (f Folder) pack(archive *tar.Writer) error {
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // it is only a handle
	return fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		header := &tar.Header{
			Name: path.Join(f.Name, name), Mode: int64(info.Mode().Perm()), Size: info.Size(), Typeflag: tar.TypeReg,
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		from, err := root.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = from.Close() }() // only read from
		_, err = io.CopyN(archive, from, header.Size)
		return err
	})
}

// Limits bound what a file may hold, so that a small one does not fill the disk.
type Limits struct {
	Bytes int64
	Files int
}

// usual are far above what there is: 300 MB in some thousand files.
var usual = Limits{Bytes: 8 << 30, Files: 100_000}

// Read unpacks a file into a new folder dir: its folders, by their names there, of which names are
// all that may be in it. Nothing is taken that is not a plain file with a path inside of them.
func Read(r io.Reader, dir string, names []string) (About, error) {
	return read(r, dir, names, usual)
}

func read(r io.Reader, dir string, names []string, limits Limits) (about About, err error) {
	compressed, err := gzip.NewReader(r)
	if err != nil {
		return about, err
	}
	archive := tar.NewReader(compressed)
	if about, err = readAbout(archive); err != nil {
		return about, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return about, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return about, err
	}
	defer func() { _ = root.Close() }() // it is only a handle
	if err := unpackAll(root, archive, names, limits); err != nil {
		return about, err
	}
	return about, atEnd(compressed)
}

func unpackAll(root *os.Root, archive *tar.Reader, names []string, left Limits) error {
	for ; ; left.Files-- {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if left.Bytes -= header.Size; left.Bytes < 0 || left.Files <= 0 {
			return errors.New("it holds more than it could")
		}
		if err := unpack(root, archive, header, names); err != nil {
			return fmt.Errorf("%.200q: %w", header.Name, err)
		}
	}
}

// padding is more than any tar has behind its last file.
const padding = 1 << 20

// atEnd reads on to the checksum, which comes last.
func atEnd(compressed io.Reader) error {
	n, err := io.CopyN(io.Discard, compressed, padding)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("it goes on for more than %d bytes after its end", n)
	}
	return err
}

func readAbout(archive *tar.Reader) (about About, err error) {
	header, err := archive.Next()
	if err == nil && header.Name != aboutName {
		err = fmt.Errorf("it begins with %.200q", header.Name)
	}
	if err == nil {
		err = json.NewDecoder(io.LimitReader(archive, 1<<16)).Decode(&about)
	}
	if err != nil {
		return about, fmt.Errorf("it is none of \"ccdev images save\": %w", err)
	}
	if about.Format != Format {
		return about, fmt.Errorf("it has format %d, and this ccdev reads %d", about.Format, Format)
	}
	return about, nil
}

// unpack writes one file, which must not be there.
func unpack(root *os.Root, from io.Reader, header *tar.Header, names []string) error {
	if header.Typeflag != tar.TypeReg {
		return errors.New("it is no plain file")
	}
	file := filepath.FromSlash(header.Name)
	if !fs.ValidPath(header.Name) || !filepath.IsLocal(file) {
		return errors.New("it is not inside")
	}
	if !known(header.Name, names) {
		return errors.New("it does not belong there")
	}
	if err := root.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	mode := fs.FileMode(0o600) | fs.FileMode(header.Mode)&0o100 //nolint:gosec // a single bit is taken of it
	to, err := root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

func known(name string, names []string) bool {
	for _, n := range names {
		if strings.HasPrefix(name, n+"/") {
			return true
		}
	}
	return false
}
