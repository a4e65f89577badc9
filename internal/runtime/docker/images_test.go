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
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// configOf reads back what an image runs with.
func configOf(t *testing.T, e *Engine, ref string) runtime.ImageConfig {
	t.Helper()
	found, err := e.api.ImageInspect(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	c := found.Config
	return runtime.ImageConfig{Entrypoint: c.Entrypoint, Cmd: c.Cmd, Env: c.Env, Labels: c.Labels, WorkingDir: c.WorkingDir}
}

func TestImportAndExtend(t *testing.T) {
	e := connect(t)
	base, ref := unique("ccdev-test")+":1", unique("ccdev-test")+":2"
	dropImage(t, e, base)
	dropImage(t, e, ref)
	cfg := runtime.ImageConfig{
		Entrypoint: []string{"/a b", `"quoted" $HOME \n`}, Cmd: []string{"x", ""},
		Env:    []string{"A=1 2", `B="q" $HOME \$x \`, "EMPTY="},
		Labels: map[string]string{runtime.ImageLabel: "base", "odd key": `$HOME "x" \`}, WorkingDir: "/work dir",
	}
	if err := e.Import(t.Context(), base, tarOf(t, map[string]string{"etc/one": "1"}), cfg); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cfg, configOf(t, e, base)); diff != "" {
		t.Errorf("the imported configuration (-want +got):\n%s", diff)
	}

	before := containerIDs(t, e)
	more := runtime.ImageConfig{Env: []string{"B=over", "C=3"}, Labels: map[string]string{runtime.ImageLabel: "more"}}
	if err := e.Extend(t.Context(), base, ref, tarOf(t, map[string]string{"etc/two": "2"}), more); err != nil {
		t.Fatal(err)
	}
	if left := containerIDs(t, e); !subset(left, before) {
		t.Errorf("a container is left: %v, before %v", left, before)
	}
	want := cfg
	want.Env = []string{"A=1 2", "B=over", "C=3", "EMPTY="}
	want.Labels = map[string]string{runtime.ImageLabel: "more", "odd key": cfg.Labels["odd key"]}
	got := configOf(t, e, ref)
	slices.Sort(got.Env)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the extended configuration (-want +got):\n%s", diff)
	}
	if there, err := e.HasImage(t.Context(), ref); !there || err != nil {
		t.Errorf("it is there: %v, %v", there, err)
	}
}

// containerIDs are those of containers that run nothing, such as an image is made from.
func containerIDs(t *testing.T, e *Engine) []string {
	t.Helper()
	list, err := e.api.ContainerList(t.Context(), client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("status", "created"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range list.Items {
		if c.Labels[LabelProject] == "" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func subset(ids, of []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(of, id) })
}

// stuck is a stream that gives nothing until it is told to end.
type stuck struct{ ctx context.Context }

func (s stuck) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func TestExtendCancelled(t *testing.T) {
	e := connect(t)
	base, ref := unique("ccdev-test")+":1", unique("ccdev-test")+":2"
	dropImage(t, e, base)
	labels := map[string]string{runtime.ImageLabel: unique("x")}
	if err := e.Import(t.Context(), base, tarOf(t, nil), runtime.ImageConfig{Cmd: []string{"x"}, Labels: labels}); err != nil {
		t.Fatal(err)
	}
	before := containerIDs(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	read := func() { cancel() }
	err := e.Extend(ctx, base, ref, io.MultiReader(once{read}, stuck{ctx}), runtime.ImageConfig{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	if left := containerIDs(t, e); !subset(left, before) {
		t.Errorf("a container is left: %v, before %v", left, before)
	}
	if there, err := e.HasImage(t.Context(), ref); there || err != nil {
		t.Errorf("the image is there: %v, %v", there, err)
	}
}

// once calls back when it is first read.
type once struct{ f func() }

func (o once) Read([]byte) (int, error) { o.f(); return 0, io.EOF }

func TestImagesAndRemove(t *testing.T) {
	e := connect(t)
	ours, theirs := unique("ccdev-test")+":1", unique("ccdev-test")+":2"
	kind := runtime.ImageConfig{Cmd: []string{"x"}, Labels: map[string]string{runtime.ImageLabel: "kind"}}
	dropImage(t, e, ours)
	if err := e.Import(t.Context(), ours, tarOf(t, map[string]string{"a": "1"}), kind); err != nil {
		t.Fatal(err)
	}
	first, err := e.api.ImageInspect(t.Context(), ours)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Import(t.Context(), theirs, tarOf(t, nil), runtime.ImageConfig{Cmd: []string{"x"}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = e.api.ImageRemove(context.Background(), theirs, client.ImageRemoveOptions{}) })

	images, err := e.Images(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	find := func(ref string) func(runtime.Image) bool { return func(i runtime.Image) bool { return i.Ref == ref } }
	if i := slices.IndexFunc(images, find(ours)); i < 0 {
		t.Errorf("%s is not among %v", ours, images)
	} else if got := images[i]; got.Labels[runtime.ImageLabel] != "kind" || got.Size <= 0 || got.Created.IsZero() {
		t.Errorf("it is listed as %+v", got)
	}
	if slices.ContainsFunc(images, find(theirs)) {
		t.Errorf("%s is not ours", theirs)
	}

	if err := e.Import(t.Context(), ours, tarOf(t, map[string]string{"a": "2"}), kind); err != nil {
		t.Fatal(err)
	}
	if there, err := e.HasImage(t.Context(), first.ID); there || err != nil {
		t.Errorf("the image that lost its name is still there: %v, %v", there, err)
	}
	isFault(t, e.RemoveImage(t.Context(), theirs), fault.Usage, theirs)
	for range 2 {
		if err := e.RemoveImage(t.Context(), ours); err != nil {
			t.Error(err)
		}
	}
	if there, err := e.HasImage(t.Context(), ours); there || err != nil {
		t.Errorf("it is still there: %v, %v", there, err)
	}
}

func TestImportFaults(t *testing.T) {
	e := connect(t)
	cfg := runtime.ImageConfig{Env: []string{"A=two\nlines"}}
	isFault(t, e.Import(t.Context(), unique("ccdev-test"), tarOf(t, nil), cfg), fault.Usage, "lines")
	isFault(t, e.Extend(t.Context(), unique("ccdev-none")+":1", "x:1", tarOf(t, nil), runtime.ImageConfig{}), fault.Boot, "is not there")
}

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
