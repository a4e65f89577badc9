package docker

import (
	"context"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

// ensureVolumes makes the volumes that are missing. It must end before a container is made: the
// engine would make them itself, without the labels.
func (r *Runtime) ensureVolumes(ctx context.Context, p *plan) error {
	for _, v := range p.volumes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.ensureVolume(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runtime) ensureVolume(ctx context.Context, v client.VolumeCreateOptions) error {
	ctx, cancel := unbroken(ctx)
	defer cancel()
	made, err := r.engine.api.VolumeCreate(ctx, v) // gives the one that exists, as it is
	if err != nil {
		return r.engine.failed(err, "create the volume %s", v.Name)
	}
	if made.Volume.Labels[LabelProject] != r.project {
		return foreign("volume", v.Name, r.project)
	}
	return nil
}

// ensureNetwork makes the network when it is missing: then it is fresh. It looks first, as
// engines before 25.0 make a second network of the same name.
func (r *Runtime) ensureNetwork(ctx context.Context, p *plan) (fresh bool, err error) {
	r.network.Lock()
	defer r.network.Unlock()
	list, err := r.engine.api.NetworkList(ctx, client.NetworkListOptions{
		Filters: make(client.Filters).Add("name", p.networkName),
	})
	if err != nil {
		return false, r.engine.failed(err, "list networks")
	}
	for _, n := range list.Items {
		if n.Name == p.networkName { // the filter matches parts of names too
			return false, r.checkNetwork(p, n)
		}
	}
	ctx, cancel := unbroken(ctx)
	defer cancel()
	_, err = r.engine.api.NetworkCreate(ctx, p.networkName, p.network)
	return true, r.engine.failed(err, "create the network %s (when there are too many: docker network prune)", p.networkName)
}

func (r *Runtime) checkNetwork(p *plan, n network.Summary) error {
	if n.Labels[LabelProject] != r.project {
		return foreign("network", p.networkName, r.project)
	}
	if n.Labels[LabelHash] != p.network.Labels[LabelHash] {
		return fault.New(fault.Boot, `run "ccdev down", then "ccdev up"`,
			"the settings of the network %s have changed, and it is in use", p.networkName)
	}
	return nil
}
