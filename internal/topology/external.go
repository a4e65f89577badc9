package topology

import (
	"github.com/ccdev/ccdev/internal/network"
	"github.com/compose-spec/compose-go/v2/types"
)

// reachHost lets services dial what runs on this machine, by its name: "host-gateway" is how an
// engine calls the address for that.
func reachHost(model *types.Project, n network.Network, services ...string) {
	if n.Runtime != network.RuntimeDocker {
		return // they are on it
	}
	for _, name := range services {
		service := model.Services[name]
		service.ExtraHosts = types.HostsList{network.HostName: {"host-gateway"}}
		model.Services[name] = service
	}
}

func peerNames(n network.Network) []string {
	var names []string
	for _, p := range n.Peers() {
		names = append(names, p.Name)
	}
	return names
}
