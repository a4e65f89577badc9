package docker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/jsonstream"
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

// prune removes images of ours that lost their name to a newer one, as nobody else would. Those
// in use stay until a later call.
func (e *Engine) prune(ctx context.Context) {
	unnamed := make(client.Filters).Add("dangling", "true").Add("label", runtime.ImageLabel)
	list, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: unnamed})
	if err != nil {
		return // a little of the disk is not worth a failure
	}
	for _, old := range list.Items {
		_, _ = e.api.ImageRemove(ctx, old.ID, client.ImageRemoveOptions{PruneChildren: true})
	}
}

// Import makes an image of the files in a tar stream. It is for the engine's own platform.
func (e *Engine) Import(ctx context.Context, ref string, tar io.Reader, cfg runtime.ImageConfig) error {
	changes, err := changesOf(cfg)
	if err != nil {
		return err
	}
	stream, err := e.api.ImageImport(ctx, client.ImageImportSource{Source: tar, SourceName: "-"}, ref,
		client.ImageImportOptions{Changes: changes})
	if err == nil {
		err = drain(stream)
	}
	if err != nil {
		return e.failed(err, "import the image %s", ref)
	}
	e.prune(ctx)
	return nil
}

// drain reads a stream of messages to its end, which may be an error.
func drain(stream io.ReadCloser) error {
	defer func() { _ = stream.Close() }() // read only
	decoder := json.NewDecoder(stream)
	for {
		var m jsonstream.Message
		err := decoder.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case m.Error != nil:
			return m.Error
		}
	}
}

// changesOf writes a configuration as the Dockerfile instructions that an import takes. The JSON
// forms are taken as they are; in the others the engine would put variables in.
func changesOf(cfg runtime.ImageConfig) ([]string, error) {
	var changes []string
	for word, args := range map[string][]string{"ENTRYPOINT ": cfg.Entrypoint, "CMD ": cfg.Cmd} {
		if len(args) == 0 {
			continue
		}
		text, err := json.Marshal(args)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", word, err)
		}
		changes = append(changes, word+string(text))
	}
	slices.SortFunc(changes, func(a, b string) int { return cmp.Compare(b, a) }) // an ENTRYPOINT clears the CMD before it
	for _, e := range cfg.Env {
		name, value, _ := strings.Cut(e, "=")
		changes = append(changes, "ENV "+name+"="+quoted(value))
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Labels)) {
		changes = append(changes, "LABEL "+quoted(name)+"="+quoted(cfg.Labels[name]))
	}
	if cfg.WorkingDir != "" {
		changes = append(changes, "WORKDIR "+quoted(cfg.WorkingDir))
	}
	for _, c := range changes {
		if strings.ContainsAny(c, "\r\n") {
			return nil, fault.New(fault.Usage, "take the line break out", "an image cannot be given %q", c)
		}
	}
	return changes, nil
}

// quoted is a word of a Dockerfile that means exactly text.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(text) + `"`
}

// Extend makes an image of another one and the files in a tar stream. What cfg leaves empty is
// as in the base. Nothing but the image is left, not even when ctx ends.
func (e *Engine) Extend(ctx context.Context, base, ref string, tar io.Reader, cfg runtime.ImageConfig) error {
	id, err := e.createFrom(ctx, base, cfg)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		_, _ = e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	}()
	_, err = e.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: tar})
	if err != nil {
		return e.failed(err, "copy files into the image %s", ref)
	}
	if _, err = e.api.ContainerCommit(ctx, id, client.ContainerCommitOptions{Reference: ref}); err != nil {
		return e.failed(err, "make the image %s", ref)
	}
	e.prune(ctx)
	return nil
}

// createFrom makes a container that is never started. It is not cancelled on its way: the engine
// would go on, and make what nobody knows of.
func (e *Engine) createFrom(ctx context.Context, base string, cfg runtime.ImageConfig) (id string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	ctx, cancel := unbroken(ctx)
	defer cancel()
	config := &container.Config{
		Image: base, Entrypoint: cfg.Entrypoint, Cmd: cfg.Cmd, Env: cfg.Env, Labels: cfg.Labels, WorkingDir: cfg.WorkingDir,
	}
	made, err := e.api.ContainerCreate(ctx, client.ContainerCreateOptions{Config: config})
	if cerrdefs.IsNotFound(err) {
		return "", fault.New(fault.Boot, "pull it first", "the image %s is not there", base)
	}
	return made.ID, e.failed(err, "make a container from the image %s", base)
}
