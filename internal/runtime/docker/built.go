package docker

import (
	"context"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// StopWithImages stops and removes services, and the images of theirs that were built for the project.
func (r *Runtime) StopWithImages(ctx context.Context, services ...string) error {
	if len(services) == 0 {
		return nil // and not all, as Stop has it
	}
	have, err := r.containers(ctx)
	if err != nil {
		return err
	}
	if err := r.Stop(ctx, services...); err != nil {
		return err
	}
	built, err := r.builtImages(ctx)
	if err != nil {
		return err
	}
	for _, service := range services {
		for _, c := range have[service] {
			if built[c.ImageID] { // refused while another generation has the same one
				_, _ = r.engine.api.ImageRemove(ctx, c.ImageID, client.ImageRemoveOptions{PruneChildren: true})
			}
		}
	}
	return nil
}

// builtImages are the IDs of the images that were built for the project.
func (r *Runtime) builtImages(ctx context.Context) (map[string]bool, error) {
	list, err := r.engine.api.ImageList(ctx, client.ImageListOptions{Filters: r.mine()})
	if err != nil {
		return nil, r.engine.failed(err, "list the images of %s", r.name)
	}
	built := map[string]bool{}
	for _, image := range list.Items {
		built[image.ID] = true
	}
	return built, nil
}

// removeImages removes the images that were built for the project, whose containers are gone.
func (r *Runtime) removeImages(ctx context.Context) error {
	built, err := r.builtImages(ctx)
	if err != nil {
		return err
	}
	for id := range built {
		_, err := r.engine.api.ImageRemove(ctx, id, client.ImageRemoveOptions{Force: true, PruneChildren: true})
		if err != nil && !cerrdefs.IsNotFound(err) && !cerrdefs.IsConflict(err) { // somebody else runs it: theirs to remove
			return r.engine.failed(err, "remove an image of %s", r.name)
		}
	}
	return r.removeUnfinished(ctx)
}

// unfinished is the name of what builds of the project have left that failed: it spares the next
// build the steps before, and no label of ours is on it yet.
func (r *Runtime) unfinished() string { return "ccdev/unfinished-" + r.project }

// keepUnfinished names what a build has left that failed, so that it goes with the project. What
// the one before has left goes now, unless it is a part of this one.
func (r *Runtime) keepUnfinished(ctx context.Context, service, made string, failed error) {
	name := r.unfinished() + ":" + service
	before, err := r.engine.api.ImageInspect(ctx, name)
	had := err == nil
	if failed != nil && made != "" { // where that fails, a little of the disk stays in use
		_, _ = r.engine.api.ImageTag(ctx, client.ImageTagOptions{Source: made, Target: name})
	}
	switch {
	case had && (failed == nil || made == ""):
		_, _ = r.engine.api.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
	case had:
		_, _ = r.engine.api.ImageRemove(ctx, before.ID, client.ImageRemoveOptions{PruneChildren: true})
	}
}

// removeUnfinished removes what failed builds have left.
func (r *Runtime) removeUnfinished(ctx context.Context) error {
	list, err := r.engine.api.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("reference", r.unfinished())})
	if err != nil {
		return r.engine.failed(err, "list the images of %s", r.name)
	}
	for _, image := range list.Items {
		for _, name := range image.RepoTags {
			if strings.HasPrefix(name, r.unfinished()+":") {
				_, _ = r.engine.api.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
			}
		}
	}
	return nil
}
