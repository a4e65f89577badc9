package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

func recordFile(dir string) string { return filepath.Join(StateDir(dir), "network.json") }

// Save records the network in its state folder.
func (n Network) Save() error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return fmt.Errorf("record the network: %w", err)
	}
	if err := PrepareStateDir(n.Dir); err != nil {
		return err
	}
	return atomicfile.Write(recordFile(n.Dir), append(text, '\n'), 0o600)
}

// PrepareStateDir makes the state folder of the project in dir, closed to others and out of git.
func PrepareStateDir(dir string) error {
	state := StateDir(dir)
	if err := os.MkdirAll(state, 0o700); err != nil {
		return fault.New(fault.Usage, "make "+dir+" writable, or copy the project to a folder that is",
			"ccdev keeps the network's state in %s and cannot make it: %w", state, err)
	}
	ignore := filepath.Join(state, ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return nil
	}
	if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
		return fault.New(fault.Usage, "make "+state+" writable", "cannot write the network's state: %w", err)
	}
	return nil
}

// ErrUnreadable is the cause of the fault for a record that is damaged.
var ErrUnreadable = errors.New("the record is damaged")

// Recorded gives the network recorded for the project in dir, and whether there is one.
func Recorded(dir string) (Network, bool, error) {
	text, err := os.ReadFile(recordFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return Network{}, false, nil
	}
	var n Network
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err == nil && (n.Dir == "" || len(n.Orgs) == 0 || n.Chaincodes == nil) {
		err = errors.New("it is not whole")
	}
	if err != nil {
		return Network{}, false, fault.New(fault.Other, `run "ccdev down -v", then "ccdev up"`,
			"the network recorded in %s cannot be known (%v): %w", StateDir(dir), err, ErrUnreadable)
	}
	if n.Dir != dir {
		return Network{}, false, fault.New(fault.Usage,
			fmt.Sprintf("if it was copied: delete %s here; the network lives on where it was copied from\n"+
				"if it was moved: move it back to %s and run \"ccdev down -v\" there first", StateDir(dir), n.Dir),
			"the network recorded in %s belongs to %s: the folder was copied or moved", StateDir(dir), n.Dir)
	}
	return n, true, nil
}

// Differs says in words what the project asks for that the network was not made with, and
// cannot take on while it lives; "" when there is nothing.
func (n Network) Differs(p project.Project) string {
	for _, d := range []struct{ what, has, wants string }{
		{"runtime", n.Runtime, p.Runtime},
		{"fabric", n.Fabric, p.Fabric},
		{"channel", n.Channel, p.Channel},
		{"stateDatabase", orElse(n.StateDatabase, project.LevelDB), p.StateDatabase},
	} {
		if d.wants != "" && d.wants != project.RuntimeAuto && d.wants != d.has {
			return fmt.Sprintf("it was made with %s %s, and %s is asked for now", d.what, d.has, d.wants)
		}
	}
	if p.BatchTimeout != 0 && p.BatchTimeout != n.BatchTimeout {
		return fmt.Sprintf("it was made with a batchTimeout of %s, and %s is asked for now", n.BatchTimeout, p.BatchTimeout)
	}
	return orElse(n.differsInOrgs(p.Orgs), n.differsInPorts(p.Ports))
}

func (n Network) differsInOrgs(orgs project.Orgs) string {
	if orgs != nil && len(orgs) != len(n.Orgs) {
		return fmt.Sprintf("it was made with %d org(s), and %d are asked for now", len(n.Orgs), len(orgs))
	}
	for i, org := range orgs {
		has := n.Orgs[i]
		if org.Name != "" && org.Name != has.Name {
			return fmt.Sprintf("its org %d is %s, and %s is asked for now", i+1, has.Name, org.Name)
		}
		if org.Peers != 0 && org.Peers != len(has.Peers) {
			return fmt.Sprintf("%s was made with %d peer(s), and %d are asked for now", has.Name, len(has.Peers), org.Peers)
		}
	}
	return ""
}

// differsInPorts is about the orderer and the peers only: a chaincode can move.
func (n Network) differsInPorts(ports map[string]int) string {
	n.Chaincodes = nil
	for use, endpoint := range n.portUses() {
		_, has, _ := net.SplitHostPort(endpoint.Host) // recorded as New made it
		if wants := ports[use]; wants != 0 && strconv.Itoa(wants) != has {
			return fmt.Sprintf("its %s was made with port %s, and %d is asked for now", use, has, wants)
		}
	}
	return ""
}
