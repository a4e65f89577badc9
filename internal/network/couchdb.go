package network

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// CouchDBUser administers the state databases: the peers do, and the user in a browser.
const CouchDBUser = "ccdev"

// Where CouchDB's official image reads the configuration of its users, and keeps its data.
const (
	couchDBConfigDir = "/opt/couchdb/etc/local.d"
	couchDBDataDir   = "/opt/couchdb/data"
)

// HasCouchDB tells whether each peer has a CouchDB.
func (n Network) HasCouchDB() bool { return n.StateDatabase == project.CouchDB }

// CouchDBs are the databases of all peers, in order; none where the peers keep the state themselves.
func (n Network) CouchDBs() []Node {
	var all []Node
	if !n.HasCouchDB() {
		return nil
	}
	for _, p := range n.Peers() {
		all = append(all, p.CouchDB)
	}
	return all
}

// CouchDBPasswordFile holds CouchDBUser's password, the same for all databases of the network.
func (n Network) CouchDBPasswordFile() string {
	return filepath.Join(n.StateDir(), "couchdb", "password")
}

// CouchDBPassword reads it; it is empty where there is no CouchDB.
func (n Network) CouchDBPassword() (string, error) {
	if !n.HasCouchDB() {
		return "", nil
	}
	text, err := os.ReadFile(n.CouchDBPasswordFile())
	if err != nil {
		return "", fmt.Errorf("read the password of the state databases: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// couchDB is the database of the nth peer of the network, from 0, where it is to have one.
func (b *builder) couchDB(service string, nth int) Node {
	if !b.net.HasCouchDB() || b.err != nil {
		return Node{}
	}
	if b.net.Runtime == RuntimeProcess {
		b.err = fault.New(fault.Usage, "start Docker, then: ccdev up --runtime docker;\nor take the default: set stateDatabase: leveldb in "+
			project.FileName+", without rich queries",
			"stateDatabase couchdb takes Docker, and this network runs plain processes")
		return Node{}
	}
	const usual = 5984 // CouchDB's own; 7984 and so on for the next ones, as tutorials have it
	return Node{
		Name: service, Endpoint: b.endpoint(service, service, usual, usualPeerPort(nth)-usualPeerPort(0)+usual),
		ConfigDir: couchDBConfigDir, DataDir: couchDBDataDir,
	}
}
