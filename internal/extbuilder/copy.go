package extbuilder

import (
	"io"
	"os"
	"path/filepath"
)

// Copy puts this program into dir/bin by the names that a peer calls the builder by, where dir is the
// path of an entry of the peer's chaincode.externalBuilders. It may be there already: a pod is started
// again with the volume it had. The error is a fault.
func Copy(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return cannot("find", "this program", err)
	}
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return cannot("make", bin, err)
	}
	names := Programs()
	if err := copyProgram(self, filepath.Join(bin, names[0])); err != nil {
		return cannot("copy", names[0], err)
	}
	for _, name := range names[1:] {
		err := replace(filepath.Join(bin, name), func(made string) error { return os.Symlink(names[0], made) })
		if err != nil {
			return cannot("make", name, err)
		}
	}
	return nil
}

// copyProgram makes a copy that every user can run, as the peer is another one than the init container.
func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read from
	return replace(to, func(made string) error {
		out, err := os.OpenFile(made, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			_ = out.Close() // the copy has failed already
			return err
		}
		return out.Close()
	})
}

// replace has a file made beside path, and then takes it for path: a peer may be using what is there.
func replace(path string, doMake func(path string) error) error {
	made := path + ".new"
	if err := os.RemoveAll(made); err != nil {
		return err
	}
	if err := doMake(made); err != nil {
		return err
	}
	return os.Rename(made, path)
}
