package docker

import (
	"context"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

// Stop stops and removes the named services, each within its own grace period. What a service
// wrote in the anonymous volumes of its image goes with it; named volumes stay.
func (r *Runtime) Stop(ctx context.Context, services ...string) error {
	have, err := r.containers(ctx)
	if err != nil {
		return err
	}
	if len(services) > 0 {
		chosen := map[string][]container.Summary{}
		for _, name := range services {
			chosen[name] = have[name]
		}
		have = chosen
	}
	g, ctx := errgroup.WithContext(ctx)
	for name, all := range have {
		for _, c := range all {
			g.Go(func() error {
				if c.State != container.StateCreated {
					if err := r.halt(ctx, name, c.ID); err != nil {
						return err
					}
				}
				return r.remove(ctx, name, c.ID)
			})
		}
	}
	return g.Wait()
}

// halt ends a container: with its stop signal, then after its grace period by force.
func (r *Runtime) halt(ctx context.Context, service, id string) error {
	_, err := r.engine.api.ContainerStop(ctx, id, client.ContainerStopOptions{})
	if cerrdefs.IsNotFound(err) {
		return nil
	}
	return r.engine.failed(err, "stop service %s", service)
}

// remove removes a container. Someone else may be at it already, which is as good.
func (r *Runtime) remove(ctx context.Context, service, id string) error {
	_, err := r.engine.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if cerrdefs.IsNotFound(err) {
		return nil
	}
	if cerrdefs.IsConflict(err) {
		return r.removed(ctx, service, id)
	}
	return r.engine.failed(err, "remove the container of service %s", service)
}

// removed waits for the end of a removal that was under way.
func (r *Runtime) removed(ctx context.Context, service, id string) error {
	ended := r.engine.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	select {
	case <-ended.Result:
		return nil
	case err := <-ended.Error:
		if cerrdefs.IsNotFound(err) {
			return nil
		}
		return r.engine.failed(err, "remove the container of service %s", service)
	}
}

// Remove stops and removes the containers and the network of the project, and its volumes too
// when data goes. It finds them by label, and needs no image.
func (r *Runtime) Remove(ctx context.Context, data bool) error {
	if err := r.Stop(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.removeNetworks(ctx) })
	if data {
		g.Go(func() error { return r.removeVolumes(ctx) })
		g.Go(func() error { return r.removeImages(ctx) })
	}
	return g.Wait()
}

func (r *Runtime) removeNetworks(ctx context.Context) error {
	list, err := r.engine.api.NetworkList(ctx, client.NetworkListOptions{Filters: r.mine()})
	if err != nil {
		return r.engine.failed(err, "list the networks of %s", r.name)
	}
	for _, n := range list.Items {
		_, err := r.engine.api.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
		if err != nil && !cerrdefs.IsNotFound(err) {
			return r.engine.failed(err, "remove the network %s", n.Name)
		}
	}
	return nil
}

func (r *Runtime) removeVolumes(ctx context.Context) error {
	list, err := r.engine.api.VolumeList(ctx, client.VolumeListOptions{Filters: r.mine()})
	if err != nil {
		return r.engine.failed(err, "list the volumes of %s", r.name)
	}
	for _, v := range list.Items {
		_, err := r.engine.api.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{})
		if err != nil && !cerrdefs.IsNotFound(err) {
			return r.engine.failed(err, "remove the volume %s", v.Name)
		}
	}
	return nil
}
