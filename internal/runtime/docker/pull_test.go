package docker

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

func TestPull(t *testing.T) {
	e := connect(t)
	server := quietRegistry(nil)
	defer server.Close()
	ref := path.Join(server.Listener.Addr().String(), unique("app")) + ":1"
	push(t, e, ref)
	var most, total int
	err := e.Pull(t.Context(), ref, func(text string, done, of int) {
		if text == "" || done < 0 || done > of {
			t.Errorf("progress: %q, %d of %d", text, done, of)
		}
		most, total = max(most, done), max(total, of)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = e.api.ImageRemove(context.Background(), ref, client.ImageRemoveOptions{}) })
	if there, err := e.HasImage(t.Context(), ref); !there || err != nil {
		t.Errorf("it is there: %v, %v", there, err)
	}
	if most == 0 || most != total {
		t.Errorf("progress ended at %d of %d", most, total)
	}
	isFault(t, e.Pull(t.Context(), ref+"-none", func(string, int, int) {}), fault.Boot, ref+"-none", "manifest")
}

// quietRegistry serves images from memory, to those that allowed lets in.
func quietRegistry(allowed func(r *http.Request) bool) *httptest.Server {
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if allowed != nil && !allowed(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		images.ServeHTTP(w, r)
	}))
}

func TestPullWithCredentials(t *testing.T) {
	e := connect(t)
	var guarded atomic.Bool
	server := quietRegistry(func(r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		return !guarded.Load() || user == "me" && password == "secret"
	})
	defer server.Close()
	host := server.Listener.Addr().String()
	ref := path.Join(host, unique("app")) + ":1"
	push(t, e, ref)
	guarded.Store(true)
	config := t.TempDir()
	t.Setenv("DOCKER_CONFIG", config)
	isFault(t, e.Pull(t.Context(), ref, func(string, int, int) {}), fault.Boot, ref)
	auth := base64.StdEncoding.EncodeToString([]byte("me:secret"))
	write(t, filepath.Join(config, "config.json"), fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, auth))
	if err := e.Pull(t.Context(), ref, func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	_, _ = e.api.ImageRemove(t.Context(), ref, client.ImageRemoveOptions{})
	write(t, filepath.Join(config, "config.json"), `{"credsStore":"ccdev-no-such-helper"}`)
	isFault(t, e.Pull(t.Context(), ref, func(string, int, int) {}), fault.Boot, ref, "ccdev-no-such-helper")
}

// push puts an image of random content for the engine's platform into a registry.
func push(t *testing.T, e *Engine, ref string) {
	t.Helper()
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(1<<20, 2)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, _ = e.Platform(t.Context())
	if image, err = mutate.ConfigFile(image, config); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image); err != nil {
		t.Fatal(err)
	}
}

func TestPullFromSilence(t *testing.T) {
	e := connect(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for first := true; ; first = false {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			if first {
				close(accepted)
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-accepted
		cancel()
	}()
	end := make(chan error, 1)
	go func() { end <- e.Pull(ctx, l.Addr().String()+"/app:1", func(string, int, int) {}) }()
	select {
	case err := <-end:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's end", err)
		}
	case <-time.After(time.Minute):
		t.Error("a cancelled pull does not return")
	}
}

func TestStartPulls(t *testing.T) {
	e := connect(t)
	server := quietRegistry(nil)
	defer server.Close()
	ref := path.Join(server.Listener.Addr().String(), unique("app")) + ":1"
	push(t, e, ref)
	b := newBench(t, e, ref)
	m := b.model(waits("a"))
	s := m.Services["a"]
	s.PullPolicy, s.Entrypoint = "", []string{"/nothing"}
	m.Services["a"] = s
	t.Cleanup(func() { _, _ = e.api.ImageRemove(context.Background(), ref, client.ImageRemoveOptions{}) })
	var heard string
	b.r.Progress = func(text string, _, _ int) { heard = text }
	// Random content has nothing to run: that it gets so far says that it was pulled.
	isFault(t, b.r.Start(t.Context(), m), fault.Boot, "/nothing")
	if heard != "pulling "+ref {
		t.Errorf("heard of %q", heard)
	}
	s.Image = ref + "-none"
	m.Services["a"] = s
	isFault(t, b.r.Start(t.Context(), m), fault.Boot, "service a cannot start", ref+"-none")
}
