//go:build unix

package process

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	psprocess "github.com/shirou/gopsutil/v4/process"

	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/runtimetest"
)

func TestConformance(t *testing.T) {
	program := runtimetest.Program(t)
	runtimetest.Run(t, func(t *testing.T) runtimetest.Subject { return newBench(t, program).subject() })
}

// bench is a project for tests.
type bench struct {
	*testing.T
	program         string
	stateDir, files string
}

func newBench(t *testing.T, program string) *bench {
	t.Helper()
	dir := t.TempDir()
	return &bench{T: t, program: program, stateDir: filepath.Join(dir, ".ccdev"), files: filepath.Join(dir, "files")}
}

func (b *bench) subject() runtimetest.Subject {
	return runtimetest.Subject{
		Runtime: b.runtime(),
		Program: b.program,
		Model:   b.model,
		Again:   func() runtime.Runtime { return b.runtime() },
		Left:    b.left,
	}
}

func (b *bench) runtime() *Runtime {
	b.Helper()
	r, err := New(b.stateDir)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) model(services ...runtimetest.Service) *types.Project {
	b.Helper()
	model := &types.Project{Name: "test", Services: types.Services{}, Configs: types.Configs{}}
	for _, s := range services {
		b.add(model, s)
	}
	return model
}

func (b *bench) add(model *types.Project, s runtimetest.Service) {
	b.Helper()
	data, files := filepath.Join(b.stateDir, "data", s.Name), filepath.Join(b.files, s.Name)
	program := b.program
	if s.Program != "" {
		program = s.Program
	}
	config := types.ServiceConfig{Name: s.Name}
	config.Entrypoint, config.Command = types.ShellCommand{program}, s.Args
	config.Environment = types.MappingWithEquals{}
	for name, value := range s.Env {
		config.Environment[name] = &value
	}
	loopback := "127.0.0.1"
	config.Environment["LISTEN_HOST"] = &loopback
	config.Environment["DATA_DIR"], config.Environment["FILES_DIR"] = &data, &files
	config.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeVolume, Source: s.Name, Target: data}}
	for name, content := range s.Files {
		file := filepath.Join(files, name)
		b.write(file, content)
		model.Configs[s.Name+"-"+name] = types.ConfigObjConfig{File: file}
		config.Configs = append(config.Configs, types.ServiceConfigObjConfig{Source: s.Name + "-" + name, Target: file})
	}
	for _, port := range s.Ports {
		config.Ports = append(config.Ports, types.ServicePortConfig{
			HostIP: loopback, Target: uint32(port), Published: strconv.Itoa(port), Protocol: "tcp",
		})
	}
	config.Restart = s.Restart
	if s.Grace > 0 {
		grace := types.Duration(s.Grace)
		config.StopGracePeriod = &grace
	}
	config.DependsOn = types.DependsOnConfig{}
	for _, before := range s.DependsOn {
		config.DependsOn[before] = types.ServiceDependency{Condition: types.ServiceConditionStarted}
	}
	model.Services[s.Name] = config
}

func (b *bench) write(file, content string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
}

// left are the processes that name the project's folder in their arguments or environment, and
// the files in it.
func (b *bench) left() []string {
	b.Helper()
	var left []string
	processes, err := psprocess.Processes()
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range processes {
		args, _ := p.Cmdline() // one that ends while we look has none
		env, _ := p.Environ()
		if strings.Contains(args, b.stateDir) || strings.Contains(strings.Join(env, "\n"), b.stateDir) {
			left = append(left, args)
		}
	}
	entries, err := os.ReadDir(b.stateDir)
	if err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	return left
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// until waits for a condition, bounded.
func (b *bench) until(what string, holds func() bool) {
	b.Helper()
	deadline := time.After(30 * time.Second)
	ticks := time.NewTicker(5 * time.Millisecond)
	defer ticks.Stop()
	for !holds() {
		select {
		case <-deadline:
			b.Fatalf("waited in vain for: %s", what)
		case <-ticks.C:
		}
	}
}

// start starts one service.
func (b *bench) start(s runtimetest.Service) *Runtime {
	b.Helper()
	return b.startModel(b.model(s))
}

func (b *bench) startModel(model *types.Project) *Runtime {
	b.Helper()
	r := b.removed()
	b.must(r.Start(b.Context(), model))
	return r
}

// removed is the runtime of a project that is removed, and looked for, when the test ends.
func (b *bench) removed() *Runtime {
	b.Helper()
	r := b.runtime()
	b.Cleanup(func() {
		if err := r.Remove(context.Background(), true); err != nil {
			b.Error(err)
		}
		if left := b.left(); len(left) > 0 {
			b.Errorf("left: %v", left)
		}
	})
	return r
}

// one is the only service there is.
func (b *bench) one(r *Runtime) runtime.Service {
	b.Helper()
	services, err := r.Services(b.Context())
	b.must(err)
	if len(services) != 1 {
		b.Fatalf("services are %+v, want one", services)
	}
	return services[0]
}

func (b *bench) lines(r *Runtime, service string) []string {
	b.Helper()
	var lines []string
	b.must(r.Logs(b.Context(), service, runtime.LogOptions{Tail: -1}, func(l runtime.Line) {
		lines = append(lines, l.Text)
	}))
	return slices.Clip(lines)
}
