package docker

import (
	"context"
	"fmt"
	"math"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

// Pull has the engine pull an image, with the credentials of the docker config file. progress
// hears the bytes of all layers together; total is 0 until one is known.
func (e *Engine) Pull(ctx context.Context, ref string, progress func(text string, done, total int)) error {
	auth, authErr := credentials(ctx, ref)
	stream, err := e.api.ImagePull(ctx, ref, client.ImagePullOptions{RegistryAuth: auth})
	if err == nil {
		err = follow(ctx, stream, ref, progress)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	if client.IsErrConnectionFailed(err) {
		return e.failed(err, "pull the image %s", ref)
	}
	if authErr != nil {
		err = fmt.Errorf("%w (tried without credentials: %w)", err, authErr)
	}
	return fault.New(fault.Boot, "check the image's name, the connection, and \"docker login\"; or load the image with \"docker load\"",
		"the image %s cannot be pulled: %w", ref, err)
}

// credentials are what the engine shows to the registry. Failing ones are no reason not to try:
// most images are public.
func credentials(ctx context.Context, ref string) (string, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return "", err
	}
	who, err := authn.Resolve(ctx, authn.DefaultKeychain, parsed.Context())
	if err != nil {
		return "", err
	}
	config, err := authn.Authorization(ctx, who)
	if err != nil || *config == (authn.AuthConfig{}) {
		return "", err
	}
	return authconfig.Encode(registry.AuthConfig{
		Username: config.Username, Password: config.Password, Auth: config.Auth,
		IdentityToken: config.IdentityToken, RegistryToken: config.RegistryToken,
		ServerAddress: parsed.Context().RegistryStr(),
	})
}

func follow(ctx context.Context, stream client.ImagePullResponse, ref string, progress func(string, int, int)) error {
	layers := layers{}
	for m, err := range stream.JSONMessages(ctx) {
		if err != nil {
			return err
		}
		if m.Error != nil {
			return m.Error
		}
		// Every message is a sign of life, also where it changes no number.
		layers.note(m)
		done, total := layers.sum()
		progress("pulling "+ref, done, total)
	}
	return nil
}

// layers counts the bytes of each layer of a pull, by id.
type layers map[string]struct{ done, total int64 }

// note takes a message of the engine. Only downloads count: unpacking reports the same bytes
// again.
func (l layers) note(m jsonstream.Message) {
	layer := l[m.ID]
	switch m.Status {
	case "Downloading":
		if m.Progress != nil {
			layer.done, layer.total = m.Progress.Current, max(m.Progress.Total, m.Progress.Current)
		}
	case "Download complete", "Pull complete":
		layer.done = layer.total
	default:
		return
	}
	l[m.ID] = layer
}

func (l layers) sum() (done, total int) {
	var d, t int64
	for _, layer := range l {
		d, t = d+layer.done, t+layer.total
	}
	return int(min(d, math.MaxInt)), int(min(t, math.MaxInt))
}
