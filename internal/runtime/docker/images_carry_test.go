package docker

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// An image that is saved, removed and loaded is there again.
func TestImagesAreCarried(t *testing.T) {
	e := connect(t)
	ref := serviceImage(t, e)
	var saved bytes.Buffer
	if err := e.SaveImages(t.Context(), &saved, []string{ref}); err != nil {
		t.Fatal(err)
	}
	if err := e.RemoveImage(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if found, err := e.HasImage(t.Context(), ref); found || err != nil {
		t.Fatalf("it is there still: %v, %v", found, err)
	}
	if err := e.LoadImages(t.Context(), &saved); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.RemoveImage(context.WithoutCancel(t.Context()), ref) })
	if found, err := e.HasImage(t.Context(), ref); !found || err != nil {
		t.Errorf("it is not there again: %v, %v", found, err)
	}
	if err := e.LoadImages(t.Context(), strings.NewReader("no images")); err == nil {
		t.Error("what is none was loaded")
	}
}
