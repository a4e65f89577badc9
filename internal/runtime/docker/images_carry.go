package docker

import (
	"context"
	"io"

	"github.com/moby/moby/client"
)

// SaveImages writes images as "docker save" does.
func (e *Engine) SaveImages(ctx context.Context, w io.Writer, refs []string) error {
	saved, err := e.api.ImageSave(ctx, refs)
	if err != nil {
		return e.failed(err, "save images")
	}
	defer func() { _ = saved.Close() }() // only read from
	_, err = io.Copy(w, saved)
	return e.failed(err, "save images")
}

// LoadImages reads what SaveImages has written.
func (e *Engine) LoadImages(ctx context.Context, r io.Reader) error {
	loaded, err := e.api.ImageLoad(ctx, r, client.ImageLoadWithQuiet(true))
	if err != nil {
		return e.failed(err, "load images")
	}
	defer func() { _ = loaded.Close() }() // only read from
	_, err = io.Copy(io.Discard, loaded)
	return e.failed(err, "load images")
}
