package docker

import (
	"context"
	"encoding/json"
	"errors"
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
	return e.failed(loadFailure(loaded), "load images")
}

// loadFailure is what went wrong while the engine read: it says so in its answer, a stream of JSON.
func loadFailure(answer io.Reader) error {
	for lines := json.NewDecoder(answer); ; {
		var line struct{ Error string }
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
	}
}
