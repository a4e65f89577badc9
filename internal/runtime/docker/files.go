package docker

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"github.com/ccdev/ccdev/internal/fault"
)

// file is a config or a secret of a service. What is exported counts as its configuration.
type file struct {
	Path     string // in the container, without the leading slash
	Mode     int64
	UID, GID int
	SHA256   string
	content  []byte
}

// defaultFileMode is compose's mode of configs and secrets.
const defaultFileMode = 0o444

// fileMode keeps what a mode may hold besides a type.
func fileMode(mode int64) fs.FileMode { return fs.FileMode(mode) & fs.ModePerm } //nolint:gosec // masked

// filesOf reads the files of a service, in the order of their paths.
func filesOf(model *types.Project, s types.ServiceConfig) ([]file, error) {
	var files []file
	add := func(kind, folder string, use types.FileReferenceConfig, object types.FileObjectConfig, known bool) error {
		if !known {
			return fault.New(fault.Usage, fmt.Sprintf("define it under %s:", kind),
				"service %s uses %q, which is not under %s", s.Name, use.Source, kind)
		}
		f, err := newFile(s.Name, kind, folder, use, object)
		files = append(files, f)
		return err
	}
	for _, use := range s.Configs {
		object, known := model.Configs[use.Source]
		if err := add("configs", "/", types.FileReferenceConfig(use), types.FileObjectConfig(object), known); err != nil {
			return nil, err
		}
	}
	for _, use := range s.Secrets {
		object, known := model.Secrets[use.Source]
		if err := add("secrets", "/run/secrets", types.FileReferenceConfig(use), types.FileObjectConfig(object), known); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.Path, b.Path) })
	return files, nil
}

// newFile reads one file. Where no target, or a relative one, is given it goes to folder.
func newFile(service, kind, folder string, use types.FileReferenceConfig, object types.FileObjectConfig) (file, error) {
	c := &checker{service: service}
	c.only(use, fileUseFields, kind+".")
	c.only(object, fileFields, kind+"."+use.Source+".")
	if c.err != nil {
		return file{}, c.err
	}
	target := cmp.Or(use.Target, use.Source)
	if !path.IsAbs(target) {
		target = path.Join(folder, target)
	}
	f := file{Path: strings.TrimPrefix(path.Clean(target), "/"), Mode: defaultFileMode}
	if use.Mode != nil {
		f.Mode = int64(fileMode(int64(*use.Mode)))
	}
	var err error
	if f.UID, err = owner(service, kind+".uid", use.UID); err != nil {
		return file{}, err
	}
	if f.GID, err = owner(service, kind+".gid", use.GID); err != nil {
		return file{}, err
	}
	if f.content, err = contentOf(object); err != nil {
		return file{}, fault.New(fault.Usage, "make the file readable, or take it out of the compose file",
			"service %s cannot be given its file %s: %w", service, target, err)
	}
	sum := sha256.Sum256(f.content)
	f.SHA256 = hex.EncodeToString(sum[:])
	return f, nil
}

// checkHidden refuses a file under what is mounted over it: a tmpfs would hide it, and through a
// bind mount it would be written into the user's own folder.
func checkHidden(service string, files []file, host *container.HostConfig) error {
	var over []string
	for target := range host.Tmpfs {
		over = append(over, target)
	}
	for _, m := range host.Mounts {
		if m.Type != mount.TypeVolume {
			over = append(over, m.Target)
		}
	}
	for _, f := range files {
		for _, target := range over {
			if strings.HasPrefix("/"+f.Path+"/", path.Clean(target)+"/") {
				return unsupported(service, "the config or secret /"+f.Path, target+" is mounted over it")
			}
		}
	}
	return nil
}

func owner(service, field, id string) (int, error) {
	if id == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 {
		return 0, unsupported(service, field+": "+id, "it must be a number")
	}
	return n, nil
}

func contentOf(o types.FileObjectConfig) ([]byte, error) {
	if o.File != "" {
		return os.ReadFile(o.File)
	}
	if o.Environment != "" && o.Content == "" {
		return nil, errors.New("the environment variable " + o.Environment + " is not set")
	}
	return []byte(o.Content), nil
}

// archive is the one stream all files reach the container in. Parent folders are left to the
// engine, which makes those that are missing: an entry here would change those that are not.
func archive(files []file) (io.Reader, error) {
	var buf bytes.Buffer
	size := 0
	for _, f := range files {
		size += len(f.content) + 2048 // headers and padding
	}
	buf.Grow(size)
	w := tar.NewWriter(&buf)
	for _, f := range files {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.Path, Mode: f.Mode, Uid: f.UID, Gid: f.GID, Size: int64(len(f.content)),
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack files: %w", err)
	}
	return &buf, nil
}
