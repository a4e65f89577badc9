package docker

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ccdev/ccdev/internal/fault"
)

func TestWhatTheBuilderSays(t *testing.T) {
	stream := `{"stream":"Step 1/3 : FROM node:22"}{"stream":"\n"}{"status":"Pulling from node","id":"22"}
		{"status":"Downloading","progressDetail":{"current":1},"id":"aa"}
		{"stream":" ---\u003e 111111111111\n"}{"stream":"Step 2/3 : COPY . /\n"}{"stream":" ---\u003e 222222222222\n"}
		{"stream":"Step 3/3 : RUN npm ci\n"}{"stream":" ---\u003e Running in 333333333333\n"}
		{"stream":"npm ERR! no"}{"stream":" such package\n"}{"stream":"the last words"}
		{"errorDetail":{"code":1,"message":"returned a non-zero code: 1"},"error":"returned a non-zero code: 1"}`
	var told []string
	b := building{tell: func(text string) { told = append(told, text) }}
	err := b.follow(strings.NewReader(stream))
	f := fault.From(b.fault(err))
	if f.Kind != fault.Build || !strings.Contains(f.What, "Step 3/3 : RUN npm ci: returned a non-zero code: 1") {
		t.Errorf("the fault is %+v", f)
	}
	if diff := cmp.Diff([]string{"npm ERR! no such package", "the last words"}, f.Log); diff != "" {
		t.Errorf("its log (-want +got):\n%s", diff)
	}
	if b.made != "222222222222" {
		t.Errorf("the last image is %q", b.made)
	}
	want := []string{"Step 1/3 : FROM node:22", "22: Pulling from node", "Step 2/3 : COPY . /", "Step 3/3 : RUN npm ci",
		"npm ERR! no such package", "the last words"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// The base that a build begins with is somebody else's, whatever becomes of the build.
func TestABaseIsNotOurs(t *testing.T) {
	b := building{}
	if err := b.follow(strings.NewReader(`{"stream":"Step 1/2 : FROM mine\n ---\u003e 111111111111\nStep 2/2 : RUN x\n"}`)); err != nil || b.made != "" {
		t.Errorf("the last image is %q (%v)", b.made, err)
	}
}

func TestBuildImage(t *testing.T) {
	e := connect(t)
	r, _ := project(t, e)
	build := func(dockerfile, content string) (string, error) {
		return r.BuildImage(t.Context(), BuildOptions{
			Service: "cc", Dockerfile: "Dockerfile", Target: "last", Args: map[string]string{"WHAT": "x"},
			Context: tarOf(t, map[string]string{"Dockerfile": dockerfile, "a": content}),
		})
	}
	const good = "FROM scratch AS last\nARG WHAT\nARG TARGETARCH\nLABEL what=$WHAT arch=$TARGETARCH\nCOPY a /a\nFROM scratch\nCOPY nothing /\n"
	id, err := build(good, "1")
	if err != nil {
		t.Fatal(err)
	}
	cfg := configOf(t, e, id)
	if cfg.Labels["what"] != "x" || cfg.Labels["arch"] != e.arch || cfg.Labels[LabelProject] == "" || cfg.Labels[LabelService] != "cc" {
		t.Errorf("its labels are %v", cfg.Labels)
	}
	if again, err := build(good, "1"); again != id || err != nil {
		t.Errorf("the same sources are %s, and then %s (%v)", id, again, err)
	}
	if other, err := build(good, "2"); other == id || err != nil {
		t.Errorf("other sources are the same image (%v)", err)
	}
	_, err = build("FROM scratch AS last\nCOPY a /a\nCOPY missing /\n", "3")
	if f := fault.From(err); f == nil || f.Kind != fault.Build || !strings.Contains(f.What, "COPY missing /") {
		t.Errorf("the fault is %v", err)
	}
	_, err = build("FRM scratch\n", "3")
	if f := fault.From(err); f == nil || f.Kind != fault.Build || !strings.Contains(f.What, "FRM") {
		t.Errorf("the fault is %v", err)
	}
	if there, err := e.HasImage(t.Context(), r.unfinished()+":cc"); err != nil || !there {
		t.Errorf("what the failed build has left has no name (%v)", err)
	}
	if err := r.Remove(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	left, err := r.builtImages(t.Context())
	there, err2 := e.HasImage(t.Context(), r.unfinished()+":cc")
	if len(left) > 0 || there || err != nil || err2 != nil {
		t.Errorf("images are left: %v, %t (%v, %v)", left, there, err, err2)
	}
}
