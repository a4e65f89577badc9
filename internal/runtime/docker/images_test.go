package docker

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func TestImages(t *testing.T) {
	e := connect(t)
	ours, theirs := unique("ccdev-test")+":1", unique("ccdev-test")+":2"
	kind := runtime.ImageConfig{Cmd: []string{"x"}, Labels: map[string]string{runtime.ImageLabel: "kind"}}
	dropImage(t, e, ours)
	if err := e.Import(t.Context(), ours, tarOf(t, map[string]string{"a": "1"}), kind); err != nil {
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
	if got, found, err := e.Image(t.Context(), theirs); !found || err != nil || got.Ref != theirs || got.Created.IsZero() {
		t.Errorf("it is described as %+v (%v, %v)", got, found, err)
	}
	if _, found, err := e.Image(t.Context(), unique("ccdev-none")+":1"); found || err != nil {
		t.Errorf("one that is not there: found %v, %v", found, err)
	}
}

func TestImportReplaces(t *testing.T) {
	e := connect(t)
	ref := unique("ccdev-test") + ":1"
	dropImage(t, e, ref)
	var first string
	for _, content := range []string{"1", "2"} {
		err := e.Import(t.Context(), ref, tarOf(t, map[string]string{"a": content}),
			runtime.ImageConfig{Cmd: []string{"x"}, Labels: map[string]string{runtime.ImageLabel: "kind"}})
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			found, err := e.api.ImageInspect(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			first = found.ID
		}
	}
	if there, err := e.HasImage(t.Context(), first); there || err != nil {
		t.Errorf("the image that lost its name is still there: %v, %v", there, err)
	}
}

func TestRemoveImage(t *testing.T) {
	e := connect(t)
	ours, theirs := unique("ccdev-test")+":1", unique("ccdev-test")+":2"
	for ref, labels := range map[string]map[string]string{ours: {runtime.ImageLabel: "kind"}, theirs: nil} {
		if err := e.Import(t.Context(), ref, tarOf(t, nil), runtime.ImageConfig{Cmd: []string{"x"}, Labels: labels}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = e.api.ImageRemove(context.Background(), ref, client.ImageRemoveOptions{}) })
	}
	isFault(t, e.RemoveImage(t.Context(), theirs), fault.Usage, theirs)
	for range 2 { // the second finds nothing
		if err := e.RemoveImage(t.Context(), ours); err != nil {
			t.Error(err)
		}
	}
	for ref, want := range map[string]bool{ours: false, theirs: true} {
		if there, err := e.HasImage(t.Context(), ref); there != want || err != nil {
			t.Errorf("%s is there: %v, %v", ref, there, err)
		}
	}
}

func TestImportFaults(t *testing.T) {
	e := connect(t)
	cfg := runtime.ImageConfig{Env: []string{"A=two\nlines"}}
	isFault(t, e.Import(t.Context(), unique("ccdev-test"), tarOf(t, nil), cfg), fault.Usage, "lines")
	isFault(t, e.Extend(t.Context(), unique("ccdev-none")+":1", "x:1", tarOf(t, nil), runtime.ImageConfig{}), fault.Boot, "is not there")
}
