package extbuilder

import (
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/atomicfile"
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
	// Every user can run it: the peer is another one than the init container.
	if err := atomicfile.Copy(self, filepath.Join(bin, names[0]), 0o755); err != nil {
		return cannot("copy", names[0], err)
	}
	for _, name := range names[1:] {
		if err := link(names[0], filepath.Join(bin, name)); err != nil {
			return cannot("make", name, err)
		}
	}
	return nil
}

// link makes a link, and then takes it for path: a peer may be using what is there.
func link(target, path string) error {
	made := path + ".new"
	if err := os.RemoveAll(made); err != nil {
		return err
	}
	if err := os.Symlink(target, made); err != nil {
		return err
	}
	return os.Rename(made, path)
}
