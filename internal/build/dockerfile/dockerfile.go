// Package dockerfile packs a chaincode's folder for an engine to build an image of.
package dockerfile

import (
	"archive/tar"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Default is the name of the file that says how to build.
const Default = "Dockerfile"

const ignoreFile = ".dockerignore"

// Check tells whether the folder has the file that says how to build; Default for an empty name.
func Check(dir, file string) error {
	file = cmp.Or(file, Default)
	if !filepath.IsLocal(file) {
		return fault.New(fault.Usage, "move it there, and name it in ccdev.yaml relative to that folder", "the Dockerfile %s is not in the chaincode's folder %s", file, dir)
	}
	if info, err := os.Stat(filepath.Join(dir, file)); err != nil || !info.Mode().IsRegular() {
		return fault.New(fault.Usage, "write one, or name it in ccdev.yaml: build: {dockerfile: FILE}",
			"there is no file %s in %s", file, dir)
	}
	return nil
}

// Context gives what an image is built of, as a tar: the folder, without what its .dockerignore
// names. The file that says how to build (Default for an empty name) is in it in any case, and
// ccdev's own state never: it has keys in it. Whoever reads it has to close it.
func Context(dir, file string) (io.ReadCloser, error) {
	ignored, err := ignored(dir, filepath.ToSlash(filepath.Clean(cmp.Or(file, Default))))
	if err != nil {
		return nil, err
	}
	read, write := io.Pipe()
	go func() { write.CloseWithError(pack(write, dir, ignored)) }() // it ends with what it writes to
	return read, nil
}

// ignored reads the patterns of what is left out.
func ignored(dir, file string) (*patternmatcher.PatternMatcher, error) {
	var patterns []string
	text, err := os.Open(filepath.Join(dir, ignoreFile))
	if err == nil {
		defer text.Close() //nolint:errcheck // it was only read
		patterns, err = ignorefile.ReadAll(text)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Build, "make it readable", "the %s of the chaincode cannot be read: %w", ignoreFile, err)
	}
	if len(patterns) > 0 {
		patterns = append(patterns, "!"+file, "!"+ignoreFile) // the builder reads them
	}
	matcher, err := patternmatcher.New(append(patterns, ".ccdev"))
	if err != nil {
		return nil, fault.New(fault.Build, "correct "+filepath.Join(dir, ignoreFile), "the %s of the chaincode has a pattern that is none: %w", ignoreFile, err)
	}
	return matcher, nil
}

// pack writes the tar.
func pack(to io.Writer, dir string, ignored *patternmatcher.PatternMatcher) error {
	w := tar.NewWriter(to)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		skip, err := ignored.MatchesOrParentMatches(rel)
		if err != nil {
			return err
		}
		if skip {
			return skipped(entry, filepath.ToSlash(rel), ignored)
		}
		return add(w, path, filepath.ToSlash(rel), entry)
	})
	if err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	return w.Close()
}

// skipped leaves a folder out as a whole, unless an exception may be in it.
func skipped(entry fs.DirEntry, rel string, ignored *patternmatcher.PatternMatcher) error {
	if entry.IsDir() && (!ignored.Exclusions() || rel == ".ccdev") {
		return fs.SkipDir
	}
	return nil
}

// add writes a file, folder or link. Anything else has no place in an image.
func add(w *tar.Writer, path, rel string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	link := ""
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil
	}
	header, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	header.Name = rel
	if info.IsDir() {
		header.Name = strings.TrimSuffix(rel, "/") + "/"
	}
	header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "", "" // whoever builds it gets the same image
	if err := w.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	return copyFile(w, path, header.Size)
}

func copyFile(to io.Writer, path string, size int64) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	_, err = io.CopyN(to, file, size)
	return err
}
