// Package nodeconfig renders core.yaml and orderer.yaml.
package nodeconfig

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/yamltemplate"
)

// Every setting that Fabric has a right default for is left to Fabric. The templates hold the
// others: those we want otherwise, and those that are zero, or off, when absent. Read for Fabric
// 2.5.9 and 3.1.1 in sampleconfig/, orderer/common/localconfig and the users of viper.
//
//go:embed *.tmpl
var templates embed.FS

// Ensure writes the configuration of every node of the network, where it differs from what is
// there. made tells whether anything was written.
func Ensure(n network.Network) (made bool, err error) {
	if err := ensureCouchDBs(n); err != nil {
		return false, err
	}
	text, err := Orderer(n)
	if err != nil {
		return false, err
	}
	if made, err = put(filepath.Join(n.NodeDir(n.Orderer.Node), "orderer.yaml"), text); err != nil {
		return made, err
	}
	for _, o := range n.Orgs {
		for _, p := range o.Peers {
			text, err := Peer(n, o, p)
			if err != nil {
				return made, err
			}
			wrote, err := put(filepath.Join(n.NodeDir(p.Node), "core.yaml"), text)
			made = made || wrote
			if err != nil {
				return made, err
			}
		}
	}
	return made, nil
}

// Peer renders the core.yaml of a peer of an org of the network.
func Peer(n network.Network, o network.Org, p network.Peer) ([]byte, error) {
	password, err := n.CouchDBPassword()
	if err != nil {
		return nil, err
	}
	execute, endorse := limits(n)
	return render("core.yaml", struct {
		Network  network.Network
		Org      network.Org
		Peer     network.Peer
		Fabric2  bool
		User     string // of the peer's CouchDB
		Password string

		ExecuteLimit, EndorseLimit time.Duration
	}{n, o, p, strings.HasPrefix(n.Fabric, "2."), network.CouchDBUser, password, execute, endorse})
}

// limits are how long a peer waits for a transaction of a chaincode, and for another peer's
// endorsement. A relay ends those that take too long; without one the peer has to.
func limits(n network.Network) (execute, endorse time.Duration) {
	execute = time.Hour
	if slices.ContainsFunc(n.Chaincodes, func(cc network.Chaincode) bool { return !cc.Relay }) {
		execute = 30 * time.Second
	}
	return execute, execute + 10*time.Second
}

// Orderer renders the orderer.yaml of the network's orderer.
func Orderer(n network.Network) ([]byte, error) {
	host, port, err := net.SplitHostPort(n.Orderer.Endpoint.Listen)
	if err != nil {
		return nil, fmt.Errorf("render orderer.yaml: listen address: %w", err)
	}
	return render("orderer.yaml", struct {
		network.Orderer
		Host, Port string
	}{n.Orderer, host, port})
}

func render(name string, values any) ([]byte, error) {
	return yamltemplate.Render(templates, name, values, template.FuncMap{"join": path.Join})
}

// put makes the file hold text, and tells whether it had to.
func put(file string, text []byte) (bool, error) {
	has, err := os.ReadFile(file)
	if err == nil && bytes.Equal(has, text) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return false, err
	}
	return true, atomicfile.Write(file, text, 0o600) // a password may be in it
}
