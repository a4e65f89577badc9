package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/runtimetest"
)

// connect gives the engine, or skips the test where there is none, unless CCDEV_TEST_RUNTIMES
// says that there must be one.
func connect(t *testing.T) *Engine {
	t.Helper()
	e, err := Connect(t.Context(), os.Getenv)
	if err != nil {
		if strings.Contains(os.Getenv("CCDEV_TEST_RUNTIMES"), "docker") {
			t.Fatalf("CCDEV_TEST_RUNTIMES asks for docker: %v", err)
		}
		t.Skipf("no Docker: %v", err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func unique(prefix string) string {
	b := make([]byte, 5)
	_, _ = rand.Read(b) // never fails
	return prefix + "-" + hex.EncodeToString(b)
}

// tarOf packs files; each content may be a string, or a file's path behind an "@".
func tarOf(t *testing.T, files map[string]string) io.Reader {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for name, content := range files {
		if path, ok := strings.CutPrefix(content, "@"); ok {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			content = string(text)
		}
		header := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &buf
}

// serviceImage makes an image of the suite's program, which goes with the test.
func serviceImage(t *testing.T, e *Engine) string {
	t.Helper()
	ref := unique("ccdev-test") + ":1"
	err := e.Import(t.Context(), ref, tarOf(t, map[string]string{"testservice": "@" + runtimetest.Program(t)}),
		runtime.ImageConfig{Entrypoint: []string{"/testservice"}, Labels: map[string]string{runtime.ImageLabel: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	dropImage(t, e, ref)
	return ref
}

func dropImage(t *testing.T, e *Engine, ref string) {
	t.Cleanup(func() {
		if err := e.RemoveImage(context.Background(), ref); err != nil {
			t.Errorf("removing the test's image: %v", err)
		}
	})
}

// project gives a project of its own with everything removed when the test ends.
func project(t *testing.T, e *Engine) (*Runtime, *types.Project) {
	t.Helper()
	id := unique("ccdev-test")
	r := e.Runtime(id, "test", t.TempDir())
	t.Cleanup(func() {
		if err := r.Remove(context.Background(), true); err != nil {
			t.Errorf("Remove: %v", err)
		}
		if left := leftOf(e, id); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
	return r, &types.Project{Name: id}
}

// leftOf lists what there is of a project, by label or by name.
func leftOf(e *Engine, id string) []string {
	ctx, filters := context.Background(), make(client.Filters).Add("label", LabelProject+"="+id)
	var left []string
	note := func(kind string, n int, err error) {
		if n > 0 || err != nil {
			left = append(left, kind+": "+strconv.Itoa(n))
		}
	}
	containers, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	note("containers", len(containers.Items), err)
	networks, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: filters})
	note("networks", len(networks.Items), err)
	volumes, err := e.api.VolumeList(ctx, client.VolumeListOptions{Filters: filters})
	note("volumes", len(volumes.Items), err)
	named, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("name", id)})
	note("containers by name", len(named.Items), err)
	all, err := e.api.VolumeList(ctx, client.VolumeListOptions{Filters: make(client.Filters).Add("name", id)})
	note("volumes by name", len(all.Items), err)
	return left
}

func TestConformance(t *testing.T) {
	e := connect(t)
	image := serviceImage(t, e)
	runtimetest.Run(t, func(t *testing.T) runtimetest.Subject {
		id, dir := unique("ccdev-test"), t.TempDir()
		return runtimetest.Subject{
			Runtime: e.Runtime(id, "suite", dir),
			Program: "/testservice",
			Model: func(services ...runtimetest.Service) *types.Project {
				return suiteModel(t, id, image, services)
			},
			Again: func() runtime.Runtime { return e.Runtime(id, "suite", dir) },
			Left:  func() []string { return leftOf(e, id) },
		}
	})
}

// suiteModel says in a model what the suite wants of its services.
func suiteModel(t *testing.T, id, image string, services []runtimetest.Service) *types.Project {
	p := &types.Project{Name: id, Services: types.Services{}, Configs: types.Configs{}, Volumes: types.Volumes{}}
	for _, s := range services {
		c := types.ServiceConfig{Name: s.Name}
		c.Image, c.Command, c.PullPolicy = image, s.Args, types.PullPolicyNever
		if s.Program != "" {
			c.Image = s.Program
		}
		env := []string{"FILES_DIR=/etc/files", "DATA_DIR=/data", "LISTEN_HOST=0.0.0.0"}
		for name, value := range s.Env {
			env = append(env, name+"="+value)
		}
		c.Environment = types.NewMappingWithEquals(env)
		for name, content := range s.Files {
			key, path := s.Name+"-"+name, filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			p.Configs[key] = types.ConfigObjConfig{File: path}
			c.Configs = append(c.Configs, types.ServiceConfigObjConfig{Source: key, Target: "/etc/files/" + name})
		}
		p.Volumes[s.Name] = types.VolumeConfig{}
		c.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeVolume, Source: s.Name, Target: "/data"}}
		for _, port := range s.Ports {
			c.Ports = append(c.Ports, types.ServicePortConfig{Target: uint32(port), Published: strconv.Itoa(port)})
		}
		c.Restart = s.Restart
		if s.Grace != 0 {
			grace := types.Duration(s.Grace)
			c.StopGracePeriod = &grace
		}
		for _, on := range s.DependsOn {
			c.DependsOn = marry(c.DependsOn, on, types.ServiceConditionStarted)
		}
		p.Services[s.Name] = c
	}
	return p
}

func marry(d types.DependsOnConfig, on, condition string) types.DependsOnConfig {
	if d == nil {
		d = types.DependsOnConfig{}
	}
	d[on] = types.ServiceDependency{Condition: condition, Required: true}
	return d
}

func names(services []runtime.Service) []string {
	var out []string
	for _, s := range services {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return out
}
