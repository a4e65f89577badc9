package session

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

// Variable is an environment variable.
type Variable struct{ Name, Value string }

// cliConfig is the least core.yaml that Fabric's peer command takes (internal/peer/common,
// InitBCCSPConfig): all else comes from the environment.
const cliConfig = `peer:
  BCCSP:
    Default: SW
    SW:
      Hash: SHA2
      Security: 256
`

// Env is what Fabric's own peer command needs to act as the Admin of an org (the first one for an
// empty name) on one of its peers, and what else its users write into their commands. The
// certificates it checks are valid for 127.0.0.1, where this machine has the nodes' ports.
func (s *Session) Env(orgName string, peer int) ([]Variable, error) {
	n, err := s.Network()
	if err != nil {
		return nil, err
	}
	org, err := orgOrFirst(n, orgName)
	if err != nil {
		return nil, err
	}
	if peer < 0 || peer >= len(org.Peers) {
		return nil, fault.New(fault.Usage, fmt.Sprintf("give a number from 0 to %d", len(org.Peers)-1), "%s has no peer %d", org.Name, peer)
	}
	dir := filepath.Join(n.StateDir(), "cli")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the configuration of the peer command: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(dir, "core.yaml"), []byte(cliConfig), 0o600); err != nil {
		return nil, err
	}
	variables := []Variable{
		{"FABRIC_CFG_PATH", dir},
		{"CORE_PEER_ADDRESS", org.Peers[peer].Endpoint.Host},
		{"CORE_PEER_LOCALMSPID", org.MSPID},
		{"CORE_PEER_MSPCONFIGPATH", n.UserMSPDir(org.Domain, network.AdminUser)},
		{"CORE_PEER_TLS_ENABLED", "true"},
		{"CORE_PEER_TLS_ROOTCERT_FILE", n.TLSCAFile(org.Domain)},
		{"ORDERER_ADDRESS", n.Orderer.Endpoint.Host},
		{"ORDERER_CA", n.TLSCAFile(n.Orderer.Domain)},
		{"CHANNEL_NAME", n.Channel},
	}
	return appendCouchDB(variables, n, org.Peers[peer])
}
