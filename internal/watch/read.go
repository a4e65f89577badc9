package watch

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	// hashed is the size in bytes up to which a file's contents are compared. Beyond it size and
	// time stand for them: reading gigabytes at each change would cost more than it saves.
	hashed = 64 << 20
	// coarse is the longest step in which file systems count modification times (FAT's): a file
	// that was written so recently may change again and show the same time.
	coarse = 2 * time.Second
)

// file is what is known of one.
type file struct {
	sum   [sha256.Size]byte
	stamp stamp
	young bool // its stamp does not yet prove that it has not changed since
}

// stamp is what a file shows without being read. The zero stamp is that of no file.
type stamp struct {
	there bool
	kind  fs.FileMode
	size  int64
	time  int64 // of its last modification, ns
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{there: true, kind: info.Mode().Type(), size: info.Size(), time: info.ModTime().UnixNano()}
}

// read looks at a file. The contents of a link are where it points. What has no contents, such as
// a socket or a folder, is no file: fs.ErrNotExist.
func read(name string) (file, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return file{}, err
	}
	f := file{stamp: stampOf(info), young: time.Since(info.ModTime()) < coarse}
	switch {
	case info.Mode().Type() == fs.ModeSymlink:
		target, err := os.Readlink(name)
		f.sum = sha256.Sum256([]byte("link to " + target))
		return f, err
	case !info.Mode().IsRegular():
		return file{}, fs.ErrNotExist
	case info.Size() > hashed:
		f.sum = sha256.Sum256(fmt.Appendf(nil, "%d bytes at %d", f.stamp.size, f.stamp.time))
		return f, nil
	}
	f.sum, err = sum(name)
	return f, err
}

func sum(name string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return sum, err
	}
	defer func() { _ = f.Close() }() // it was only read
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return sum, err
	}
	hash.Sum(sum[:0])
	return sum, nil
}
