package topology

import (
	"maps"
	"path"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/compose-spec/compose-go/v2/types"
)

// Where a container has the relay's folder and token.
const (
	containerRelayDir   = "/var/lib/ccdev"
	containerRelayToken = "/etc/ccdev/token" //nolint:gosec // where the token lies, not the token
)

// relayGrace is how long a relay may take to end its chaincode.
const relayGrace = 2 * time.Second

// addRelay adds the service that is a chaincode's relay and starts its generations. It comes back
// by itself when it was killed, with the generation that was live.
func addRelay(model *types.Project, n network.Network, cc network.Chaincode, packageID string) error {
	dir, token := containerRelayDir, containerRelayToken
	if n.Runtime == network.RuntimeProcess {
		dir, token = filepath.Join(n.StateDir(), "data", cc.Service), n.TokenFile(cc)
	}
	run := program{command: []string{
		n.Programs.Agent, "agent", "relay",
		"--listen", cc.Endpoint.Listen, "--control", cc.Control.Listen,
		"--package-id", packageID, "--chaincode", cc.Name, "--dir", dir, "--token-file", token,
	}}
	if n.Runtime == network.RuntimeDocker {
		run.image = n.Programs.Peer // which has ccdev in it
	}
	env := mspEnv(n)
	maps.Copy(env, cc.Env)
	service := newService(cc.Service, run, env)
	service.Restart = "on-failure"
	service.StopGracePeriod = grace(relayGrace)
	addFile(model, &service, path.Base(token), n.TokenFile(cc), token, 0o600)
	volume := cc.Service + "-data"
	model.Volumes[volume] = types.VolumeConfig{Name: ProjectName(n) + "-" + volume}
	service.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeVolume, Source: volume, Target: dir}}
	port, err := publish(cc.Control)
	if err != nil {
		return err
	}
	service.Ports = []types.ServicePortConfig{port}
	model.Services[cc.Service] = service
	startBeforePeers(model, n, cc.Service)
	return nil
}
