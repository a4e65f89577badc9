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

// tagTime is longer than an engine takes between making an image and giving it its name. An
// unnamed image that is younger may be one that somebody is just making.
const tagTime = 10 * time.Minute

// replacing runs what makes an image, and then clears away those of ours that lost their names,
// as nobody else would: the one that had this name, and older ones that were in use till now.
func (e *Engine) replacing(ctx context.Context, ref string, doMake func() error) error {
	id, ours, err := e.madeImage(ctx, ref)
	if err != nil {
		return err
	}
	if err := doMake(); err != nil {
		return err
	}
	unnamed := make(client.Filters).Add("dangling", "true").Add("label", runtime.ImageLabel)
	list, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: unnamed})
	if err != nil {
		return nil //nolint:nilerror // the image is made; a little of the disk is not worth a failure
	}
	for _, old := range list.Items {
		if ours && old.ID == id || time.Since(time.Unix(old.Created, 0)) > tagTime {
			// Refused while a container or another image needs it: then a later call gets it.
			_, _ = e.api.ImageRemove(ctx, old.ID, client.ImageRemoveOptions{PruneChildren: true})
		}
	}
	return nil
}

// Import makes an image of the files in a tar stream. It is for the engine's own platform.
func (e *Engine) Import(ctx context.Context, ref string, tar io.Reader, cfg runtime.ImageConfig) error {
	changes, err := changesOf(cfg)
	if err != nil {
		return err
	}
	return e.replacing(ctx, ref, func() error {
		stream, err := e.api.ImageImport(ctx, client.ImageImportSource{Source: tar, SourceName: "-"}, ref,
			client.ImageImportOptions{Changes: changes})
		if err == nil {
			err = drain(stream)
		}
		return e.failed(err, "import the image %s", ref)
	})
}

// drain reads a stream of messages to its end, which may be an error.
func drain(stream io.ReadCloser) error {
	defer func() { _ = stream.Close() }() // read only
	return messages(stream, func(jsonstream.Message) {})
}

// messages gives what the engine says, to its end, which may be an error.
func messages(stream io.Reader, use func(jsonstream.Message)) error {
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
		use(m)
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
	return e.replacing(ctx, ref, func() error { return e.extend(ctx, base, ref, tar, cfg) })
}

func (e *Engine) extend(ctx context.Context, base, ref string, tar io.Reader, cfg runtime.ImageConfig) error {
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
	_, err = e.api.ContainerCommit(ctx, id, client.ContainerCommitOptions{Reference: ref})
	return e.failed(err, "make the image %s", ref)
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
