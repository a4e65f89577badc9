//go:build unix

package process

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/fault"
)

const (
	elsewhere = "/no/such/elsewhere"
	file      = elsewhere + "/file"
)

// refused are changes to a service that make it one that a plain process cannot be.
var refused = map[string]struct {
	change func(*types.Project, *types.ServiceConfig)
	says   string
}{
	"no command": {
		func(_ *types.Project, s *types.ServiceConfig) { s.Entrypoint, s.Image = nil, "busybox" },
		"no command",
	},
	"a config expected elsewhere": {
		func(m *types.Project, s *types.ServiceConfig) {
			m.Configs = types.Configs{"c": {File: file}}
			s.Configs = []types.ServiceConfigObjConfig{{Source: "c", Target: "/etc/file"}}
		},
		"/etc/file",
	},
	"a config that is text": {
		func(m *types.Project, s *types.ServiceConfig) {
			m.Configs = types.Configs{"c": {Content: "text"}}
			s.Configs = []types.ServiceConfigObjConfig{{Source: "c", Target: file}}
		},
		"config c is no file",
	},
	"a config that is missing": {
		func(m *types.Project, s *types.ServiceConfig) {
			m.Configs = types.Configs{"c": {File: file}}
			s.Configs = []types.ServiceConfigObjConfig{{Source: "c", Target: file}}
		},
		file,
	},
	"a secret expected elsewhere": {
		func(m *types.Project, s *types.ServiceConfig) {
			m.Secrets = types.Secrets{"c": {File: file}}
			s.Secrets = []types.ServiceSecretConfig{{Source: "c", Target: "/run/secrets/c"}}
		},
		"/run/secrets/c",
	},
	"a volume outside of the data folder": {
		func(_ *types.Project, s *types.ServiceConfig) {
			s.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeVolume, Source: "v", Target: elsewhere}}
		},
		"outside of",
	},
	"a bind mount to another path": {
		func(_ *types.Project, s *types.ServiceConfig) {
			s.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeBind, Source: elsewhere, Target: "/mnt"}}
		},
		"/mnt",
	},
	"a tmpfs": {
		func(_ *types.Project, s *types.ServiceConfig) { s.Tmpfs = types.StringList{"/scratch"} },
		"/scratch",
	},
	"a working directory that is missing": {
		func(_ *types.Project, s *types.ServiceConfig) { s.WorkingDir = "/no/such/folder" },
		"/no/such/folder",
	},
	"a port under another number": {
		func(_ *types.Project, s *types.ServiceConfig) {
			s.Ports = []types.ServicePortConfig{{Target: 7051, Published: "17051"}}
		},
		"17051",
	},
	"a variable that a shell drops": {
		func(_ *types.Project, s *types.ServiceConfig) {
			value := "single-node"
			s.Environment = types.MappingWithEquals{"discovery.type": &value}
		},
		"discovery.type",
	},
	"a stop signal nobody knows": {
		func(_ *types.Project, s *types.ServiceConfig) { s.StopSignal = "SIGRTMIN+3" },
		"SIGRTMIN+3",
	},
	"a name that is a path": {
		func(m *types.Project, s *types.ServiceConfig) { m.Services["../x"] = *s },
		"../x",
	},
}

func TestStartRefusesWhatAPlainProcessCannotHave(t *testing.T) {
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "")
			service := types.ServiceConfig{Name: "a"}
			service.Entrypoint = types.ShellCommand{"sh", "-c", "exit 0"}
			model := &types.Project{Services: types.Services{}}
			c.change(model, &service)
			model.Services["a"] = service
			err := b.runtime().Start(t.Context(), model)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Fix == "" || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want a fault with a fix that says %q, got %v", c.says, err)
			}
			if _, err := os.Stat(b.stateDir); !os.IsNotExist(err) {
				t.Errorf("something was made before the fault: %v", err)
			}
		})
	}
}

func TestStartIgnoresWhatIsHarmless(t *testing.T) {
	b := newBench(t, "")
	dir := t.TempDir()
	service := types.ServiceConfig{Name: "a"}
	service.Entrypoint = types.ShellCommand{"sh", "-c", "pwd"}
	service.Image, service.Hostname, service.User = "busybox", "a", "nobody"
	service.Networks = map[string]*types.ServiceNetworkConfig{"extra": nil}
	service.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeBind, Source: dir, Target: dir}}
	service.WorkingDir = filepath.Join(b.stateDir, "data", "shared", "deep")
	r := b.startModel(&types.Project{Services: types.Services{"a": service}})
	b.until("its line", func() bool { return len(b.lines(r, "a")) == 1 })
	if got := b.lines(r, "a")[0]; got != service.WorkingDir {
		t.Errorf("it worked in %s, want %s", got, service.WorkingDir)
	}
}
