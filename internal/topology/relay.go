package topology

import (
	"maps"
	"path"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/compose-spec/compose-go/v2/types"
)

// Where a container has the relay's folder and token.
const (
	containerRelayDir   = "/var/lib/ccdev"
	containerRelayToken = "/etc/ccdev/token" //nolint:gosec // where the token lies, not the token
)

// ChaincodeDir is the folder that a chaincode's service keeps, as the service sees it: the relay's
// programs, and the dependencies of Node chaincodes.
func ChaincodeDir(n network.Network, cc network.Chaincode) string {
	if n.Runtime == network.RuntimeProcess {
		return filepath.Join(n.StateDir(), "data", cc.Service)
	}
	return containerRelayDir
}

// agentImage is one that has ccdev, and what the chaincode needs besides.
func agentImage(n network.Network, cc network.Chaincode) string {
	if image := n.Programs.Images[cc.Name]; image != "" {
		return image
	}
	return n.Programs.Peer
}

// relayGrace is how long a relay may take to end its chaincode.
const relayGrace = 2 * time.Second

// addRelay adds the service that is a chaincode's relay and starts its generations. It comes back
// by itself when it was killed, with the generation that was live.
func addRelay(model *types.Project, n network.Network, cc network.Chaincode, packageID string) error {
	token := containerRelayToken
	if n.Runtime == network.RuntimeProcess {
		token = n.TokenFile(cc)
	}
	run := program{command: []string{
		n.Programs.Agent, "agent", "relay",
		"--listen", cc.Endpoint.Listen, "--control", cc.Control.Listen,
		"--package-id", packageID, "--chaincode", cc.Name, "--dir", ChaincodeDir(n, cc), "--token-file", token,
	}}
	for _, p := range n.Peers() {
		run.command = append(run.command, "--peer", p.Name)
	}
	secure := tlsIn(n, cc)
	if secure.On() {
		run.command = append(run.command, "--tls", secure.Mode, "--tls-dir", secure.Dir, "--tls-name", secure.Name)
	}
	if n.Runtime == network.RuntimeDocker {
		run.image = agentImage(n, cc)
	}
	env := mspEnv(n)
	maps.Copy(env, cc.Env)
	service := newService(cc.Service, run, env)
	service.Entrypoint, service.Command = service.Command[:1], service.Command[1:] // an image may have its own
	service.Restart = "on-failure"
	service.StopGracePeriod = grace(relayGrace)
	addFile(model, &service, path.Base(token), n.TokenFile(cc), token, 0o600)
	addTLS(model, &service, cc, secure, cctls.RelayFiles())
	addVolume(model, n, &service, ChaincodeDir(n, cc))
	var err error
	if service.Ports, err = relayPorts(cc); err != nil {
		return err
	}
	model.Services[cc.Service] = service
	if cc.External() {
		reachHost(model, n, cc.Service)
	}
	startBeforePeers(model, n, cc.Service)
	return nil
}

// relayPorts are the ports of a relay that are published.
func relayPorts(cc network.Chaincode) (ports []types.ServicePortConfig, err error) {
	ends := []network.Endpoint{cc.Control}
	if cc.External() && cc.Mode == project.ModeClient {
		ends = append(ends, cc.Outside)
	}
	if cc.Debug.Listen != "" { // an older ccdev's network has none until it is brought up again
		ends = append(ends, cc.Debug)
	}
	for _, e := range ends {
		port, err := publish(e)
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}
