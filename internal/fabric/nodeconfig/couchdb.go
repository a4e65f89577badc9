package nodeconfig

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/network"
)

// CouchDBFile is the file that a CouchDB is configured by. It also is how it gets to know its
// password, which in a variable would be there to read for all who may ask the engine.
const CouchDBFile = "ccdev.ini"

// The user has to stand in the line after [admins], where the official image's entrypoint looks
// for one. CouchDB would report every request of the peer, and the absence of the databases that
// single_node has it make.
const couchDBConfig = `; Made by ccdev, which writes it anew when it differs. What is not here is at CouchDB's default.
[admins]
%s = %s

[couchdb]
single_node = true

[log]
level = warning
`

// ensureCouchDBs writes the configuration of the state databases, where the network has such, and
// makes their password first.
func ensureCouchDBs(n network.Network) error {
	if !n.HasCouchDB() {
		return nil
	}
	if err := ensurePassword(n.CouchDBPasswordFile()); err != nil {
		return fmt.Errorf("make the password of the state databases: %w", err)
	}
	password, err := n.CouchDBPassword()
	if err != nil {
		return err
	}
	for _, d := range n.CouchDBs() {
		text := fmt.Sprintf(couchDBConfig, network.CouchDBUser, password)
		if _, err := put(filepath.Join(n.NodeDir(d), CouchDBFile), []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

func ensurePassword(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(file, []byte(rand.Text()+"\n"), 0o600)
}
