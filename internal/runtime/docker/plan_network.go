package docker

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

func (p *plan) setNetwork(model *types.Project, labels map[string]string) error {
	n := model.Networks[defaultNetwork]
	if name := surplus(n, networkFields); name != "" {
		return badNetwork(name, "")
	}
	if n.Driver != "" && n.Driver != network.NetworkBridge {
		return badNetwork("driver", "only bridge is supported, not "+n.Driver)
	}
	p.networkName = n.Name
	if p.networkName == "" {
		p.networkName = model.Name + "_default" // as compose names it
	}
	p.network = client.NetworkCreateOptions{Driver: network.NetworkBridge, Internal: n.Internal, Options: n.DriverOpts}
	var err error
	if p.network.IPAM, err = ipam(n.Ipam); err != nil {
		return err
	}
	hash, err := hashOf(p.network)
	if err != nil {
		return err
	}
	p.network.Labels = marked(n.Labels, labels, map[string]string{LabelHash: hash})
	return nil
}

// ipam is nil, which lets Docker choose, when nothing is set.
func ipam(c types.IPAMConfig) (*network.IPAM, error) {
	if name := surplus(c, []string{"config"}); name != "" {
		return nil, badNetwork("ipam."+name, "")
	}
	if len(c.Config) == 0 {
		return nil, nil
	}
	out := &network.IPAM{}
	for _, pool := range c.Config {
		if name := surplus(pool, []string{"subnet", "gateway"}); name != "" {
			return nil, badNetwork("ipam.config."+name, "")
		}
		var config network.IPAMConfig
		if err := config.Subnet.UnmarshalText([]byte(pool.Subnet)); err != nil {
			return nil, badNetwork("ipam.config.subnet", err.Error())
		}
		if err := config.Gateway.UnmarshalText([]byte(pool.Gateway)); err != nil {
			return nil, badNetwork("ipam.config.gateway", err.Error())
		}
		out.Config = append(out.Config, config)
	}
	return out, nil
}

func badNetwork(field, why string) error {
	if why == "" {
		why = "ccdev does not support it"
	}
	return fault.New(fault.Usage, "take "+field+" out of the network in the compose file, or mend it",
		"the network sets %s: %s", field, why)
}

// checkCycles refuses services that wait for each other.
func checkCycles(services map[string]*spec) error {
	const (
		entered = 1
		left    = 2
	)
	seen := map[string]int{}
	var visit func(name string) error
	visit = func(name string) error {
		switch seen[name] {
		case entered:
			return fault.New(fault.Usage, "take one of them out of depends_on",
				"service %s waits for itself, through depends_on", name)
		case left:
			return nil
		}
		seen[name] = entered
		for _, on := range slices.Sorted(maps.Keys(services[name].needs)) {
			if err := visit(on); err != nil {
				return err
			}
		}
		seen[name] = left
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if err := visit(name); err != nil {
			return err
		}
	}
	return nil
}
