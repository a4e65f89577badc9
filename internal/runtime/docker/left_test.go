package docker

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/runtime"
)

// What a project has left on the engine is found when its folder is gone, and goes as a whole.
func TestLeftovers(t *testing.T) {
	e := connect(t)
	if !e.isLocal() {
		t.Skip("the engine is on another machine")
	}
	dir := filepath.Join(t.TempDir(), "project")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	id := unique("left")
	labels := map[string]string{LabelProject: id, LabelDir: dir}
	if _, err := e.api.NetworkCreate(t.Context(), id, client.NetworkCreateOptions{Labels: labels}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Runtime(id, "", dir).Remove(context.WithoutCancel(t.Context()), true) })
	for _, volume := range []string{"a", "b"} {
		if _, err := e.api.VolumeCreate(t.Context(), client.VolumeCreateOptions{Name: id + volume, Labels: labels}); err != nil {
			t.Fatal(err)
		}
	}
	own := func() []runtime.Leftover { // those of others are theirs
		t.Helper()
		left, err := e.Leftovers(t.Context(), func(d string) bool {
			_, err := os.Stat(d)
			return d == dir && os.IsNotExist(err)
		})
		if err != nil {
			t.Fatal(err)
		}
		return left
	}
	if left := own(); len(left) > 0 {
		t.Fatalf("the project is there, and has left %v", left)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	left := own()
	if len(left) != 1 || left[0].Dir != dir || left[0].What != "1 network, 2 volumes" {
		t.Fatalf("it has left %v", left)
	}
	if err := left[0].Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := own(); len(left) > 0 {
		t.Errorf("after that it has left %v", left)
	}
}

// The folders of a remote engine's projects are on other machines.
func TestARemoteEngineHasNoLeftovers(t *testing.T) {
	e := &Engine{endpoint: endpoint{host: "ssh://elsewhere"}}
	left, err := e.Leftovers(t.Context(), func(string) bool { return true })
	if len(left) > 0 || err != nil {
		t.Errorf("it has %v, %v", left, err)
	}
}

func TestContexts(t *testing.T) {
	dir := t.TempDir()
	for name, folder := range map[string]string{"colima": "1", "away": "2"} {
		file := filepath.Join(dir, "contexts", "meta", folder, "meta.json")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(`{"Name":"`+name+`"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for want, set := range map[string]map[string]string{
		"default": {},
		"colima":  {"DOCKER_CONTEXT": "colima"},
		"":        {"DOCKER_CONTEXT": "colima", "DOCKER_HOST": "unix:///x"},
	} {
		set["DOCKER_CONFIG"] = dir
		names, current, err := Contexts(func(name string) string { return set[name] })
		if current != want || err != nil || len(names) != 3 || names[0] != "default" || names[1] != "away" {
			t.Errorf("%v: %q of %q, %v", set, current, names, err)
		}
	}
}
