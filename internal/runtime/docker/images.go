package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// HasImage says whether the engine has an image.
func (e *Engine) HasImage(ctx context.Context, ref string) (bool, error) {
	_, err := e.api.ImageInspect(ctx, ref)
	if cerrdefs.IsNotFound(err) {
		return false, nil
	}
	return err == nil, e.failed(err, "look for the image %s", ref)
}

// Images lists the images ccdev made, by name. One that lost its name to a newer one has its id
// as Ref.
func (e *Engine) Images(ctx context.Context) ([]runtime.Image, error) {
	list, err := e.api.ImageList(ctx, client.ImageListOptions{
		Filters: make(client.Filters).Add("label", runtime.ImageLabel),
	})
	if err != nil {
		return nil, e.failed(err, "list images")
	}
	var images []runtime.Image
	for _, found := range list.Items {
		refs := slices.DeleteFunc(found.RepoTags, func(ref string) bool { return strings.HasPrefix(ref, "<none>") })
		if len(refs) == 0 {
			refs = []string{found.ID}
		}
		for _, ref := range refs {
			images = append(images, runtime.Image{
				Ref: ref, Size: found.Size, Created: time.Unix(found.Created, 0).UTC(), Labels: found.Labels,
			})
		}
	}
	slices.SortFunc(images, func(a, b runtime.Image) int { return cmp.Compare(a.Ref, b.Ref) })
	return images, nil
}

// Image describes an image, whoever made it; found tells whether it is there.
func (e *Engine) Image(ctx context.Context, ref string) (image runtime.Image, found bool, err error) {
	there, err := e.api.ImageInspect(ctx, ref)
	if cerrdefs.IsNotFound(err) {
		return image, false, nil
	}
	if err != nil {
		return image, false, e.failed(err, "look for the image %s", ref)
	}
	image = runtime.Image{Ref: ref, Size: there.Size}
	image.Created, _ = time.Parse(time.RFC3339Nano, there.Created) // some images do not say
	return image, true, nil
}

// RemoveImage removes an image that ccdev made, and refuses any other. One that is not there is
// no error.
func (e *Engine) RemoveImage(ctx context.Context, ref string) error {
	id, ours, err := e.madeImage(ctx, ref)
	if err != nil || id == "" {
		return err
	}
	if !ours {
		return fault.New(fault.Usage, fmt.Sprintf("remove it with \"docker rmi %s\"", ref),
			"the image %s was not made by ccdev", ref)
	}
	_, err = e.api.ImageRemove(ctx, ref, client.ImageRemoveOptions{PruneChildren: true})
	if err == nil || cerrdefs.IsNotFound(err) {
		return nil
	}
	if cerrdefs.IsConflict(err) {
		return fault.New(fault.Usage, `run "ccdev down" where it is used`, "the image %s is in use: %w", ref, err)
	}
	return e.failed(err, "remove the image %s", ref)
}

// madeImage gives the id of an image, empty when there is none, and whether ccdev made it.
func (e *Engine) madeImage(ctx context.Context, ref string) (id string, ours bool, err error) {
	image, err := e.api.ImageInspect(ctx, ref)
	if cerrdefs.IsNotFound(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, e.failed(err, "look for the image %s", ref)
	}
	if image.Config != nil {
		_, ours = image.Config.Labels[runtime.ImageLabel]
	}
	return image.ID, ours, nil
}
