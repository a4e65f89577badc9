package docker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ccdev/ccdev/internal/fault"
)

func ptr[T any](v T) *T { return &v }

// fullModel sets everything that is supported.
func fullModel(t *testing.T) *types.Project {
	path := filepath.Join(t.TempDir(), "core.yaml")
	if err := os.WriteFile(path, []byte("peer: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	peer := types.ServiceConfig{Name: "peer", Restart: "on-failure:3", Scale: ptr(1), Profiles: []string{"x"}}
	peer.Image, peer.Entrypoint, peer.Command = "peer:1", types.ShellCommand{"/peer"}, types.ShellCommand{"node", "start"}
	peer.Environment = types.MappingWithEquals{"B": ptr("2"), "A": ptr("1=1"), "UNSET": nil}
	peer.Labels = types.Labels{"theirs": "yes", LabelProject: "stolen"}
	peer.User, peer.WorkingDir, peer.Hostname = "1000:1000", "/var", "peer.example.com"
	peer.StopSignal, peer.StopGracePeriod = "SIGINT", ptr(types.Duration(1500*time.Millisecond))
	peer.ExtraHosts = types.HostsList{"gateway": {"10.0.0.1"}, "also": {"10.0.0.2"}}
	peer.CapAdd, peer.CapDrop, peer.Init = []string{"NET_ADMIN"}, []string{"ALL"}, ptr(true)
	peer.MemLimit, peer.CPUS = 64<<20, 0.5
	peer.Tmpfs = types.StringList{"/run/lock", "/tmp:size=1m"}
	peer.Networks = map[string]*types.ServiceNetworkConfig{"default": {Aliases: []string{"p", "peer"}}}
	peer.Ports = []types.ServicePortConfig{
		{Target: 7051, Published: "7051", Protocol: "tcp", Mode: "ingress"},
		{Target: 9443, Published: "19443", HostIP: "0.0.0.0"},
		{Target: 53, Protocol: "udp"},
	}
	peer.Expose = types.StringOrNumberList{"7052"}
	peer.Volumes = []types.ServiceVolumeConfig{
		{Type: "volume", Source: "ledger", Target: "/ledger", Volume: &types.ServiceVolumeVolume{NoCopy: true}},
		{Type: "bind", Source: "/home/me/src", Target: "/src", ReadOnly: true, Bind: &types.ServiceVolumeBind{CreateHostPath: true}},
		{Type: "tmpfs", Target: "/cache", Tmpfs: &types.ServiceVolumeTmpfs{Size: 1 << 20, Mode: 0o700}},
	}
	peer.Configs = []types.ServiceConfigObjConfig{
		{Source: "core", Target: "/etc/fabric/core.yaml"},
		{Source: "inline", UID: "1000", GID: "1001", Mode: ptr(types.FileMode(0o755))},
	}
	peer.Secrets = []types.ServiceSecretConfig{{Source: "key"}}
	peer.HealthCheck = &types.HealthCheckConfig{
		Test: types.HealthCheckTest{"CMD", "/peer", "version"}, Interval: ptr(types.Duration(time.Second)), Retries: ptr(uint64(4)),
	}
	peer.DependsOn = types.DependsOnConfig{
		"orderer":   {Condition: types.ServiceConditionHealthy, Required: true},
		"elsewhere": {Condition: types.ServiceConditionStarted},
	}
	orderer := types.ServiceConfig{Name: "orderer"}
	orderer.Image, orderer.Entrypoint = "orderer:1", types.ShellCommand{}
	return &types.Project{
		Name:     "demo",
		Services: types.Services{"peer": peer, "orderer": orderer},
		Networks: types.Networks{"default": {Name: "demonet", Internal: true, Ipam: types.IPAMConfig{Config: []*types.IPAMPool{{Subnet: "10.9.0.0/24"}}}}},
		Volumes:  types.Volumes{"ledger": {Driver: "local"}, "unused": {}},
		Configs:  types.Configs{"core": {File: path}, "inline": {Content: "text"}},
		Secrets:  types.Secrets{"key": {Content: "secret"}},
	}
}

var testLabels = map[string]string{LabelProject: "id1", LabelDir: "/home/me"}

func TestTranslateGolden(t *testing.T) {
	p, err := translate(fullModel(t), testLabels, nil)
	if err != nil {
		t.Fatal(err)
	}
	type service struct {
		Name                  string
		Config, Host, Aliases any
		Files                 []file
		Needs                 map[string]string
	}
	services := map[string]service{}
	for name, s := range p.services {
		if s.config.Labels[LabelHash] != s.hash || s.hash == "" {
			t.Errorf("%s: the label %q is not the hash %q", name, s.config.Labels[LabelHash], s.hash)
		}
		s.config.Labels[LabelHash] = "HASH" // depends on encodings; its changes are tested apart
		services[name] = service{s.name, s.config, s.host, s.aliases, s.files, s.needs}
	}
	p.network.Labels[LabelHash] = "HASH"
	got, err := json.MarshalIndent(map[string]any{
		"services": services, "networkName": p.networkName, "network": p.network, "volumes": p.volumes,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "plan.json")
	if os.Getenv("CCDEV_UPDATE_GOLDEN") != "" {
		write(t, golden, string(got)+"\n")
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got)+"\n", "\n")); diff != "" {
		t.Errorf("the plan differs from %s (-want +got):\n%s", golden, diff)
	}
}

// change alters the peer of a model.
func change(f func(*types.ServiceConfig)) func(*types.Project) {
	return func(p *types.Project) {
		s := p.Services["peer"]
		f(&s)
		p.Services["peer"] = s
	}
}

func TestHash(t *testing.T) {
	hash := func(t *testing.T, with func(*types.Project)) string {
		m := fullModel(t)
		if with != nil {
			with(m)
		}
		p, err := translate(m, testLabels, []string{"peer"})
		if err != nil {
			t.Fatal(err)
		}
		return p.services["peer"].hash
	}
	before := hash(t, nil)
	for range 20 { // maps have a new order at each run
		if again := hash(t, nil); again != before {
			t.Fatal("the same model has two hashes")
		}
	}
	for name, with := range map[string]func(*types.Project){
		"command":     change(func(s *types.ServiceConfig) { s.Command = types.ShellCommand{"other"} }),
		"image":       change(func(s *types.ServiceConfig) { s.Image = "peer:2" }),
		"environment": change(func(s *types.ServiceConfig) { s.Environment["A"] = ptr("x") }),
		"port":        change(func(s *types.ServiceConfig) { s.Ports[0].Published = "8051" }),
		"alias":       change(func(s *types.ServiceConfig) { s.Hostname = "other" }),
		"file mode":   change(func(s *types.ServiceConfig) { s.Configs[0].Mode = ptr(types.FileMode(0o400)) }),
		"content":     func(p *types.Project) { p.Configs["inline"] = types.ConfigObjConfig{Content: "changed"} },
		"secret":      func(p *types.Project) { p.Secrets["key"] = types.SecretConfig{Content: "changed"} },
		"file": func(p *types.Project) {
			if err := os.WriteFile(p.Configs["core"].File, []byte("other"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if hash(t, with) == before {
				t.Error("the hash is as it was")
			}
		})
	}
	if hash(t, change(func(s *types.ServiceConfig) { s.DependsOn = nil })) != before {
		t.Error("what a service waits for is no reason to replace it")
	}
}

func TestUnsupported(t *testing.T) {
	n := 2
	volume := func(v types.ServiceVolumeConfig) func(*types.Project) {
		return change(func(s *types.ServiceConfig) { s.Volumes = []types.ServiceVolumeConfig{v} })
	}
	for field, with := range map[string]func(*types.Project){
		"build":           change(func(s *types.ServiceConfig) { s.Build = &types.BuildConfig{Context: "."} }),
		"privileged":      change(func(s *types.ServiceConfig) { s.Privileged = true }),
		"devices":         change(func(s *types.ServiceConfig) { s.Devices = []types.DeviceMapping{{}} }),
		"network_mode":    change(func(s *types.ServiceConfig) { s.NetworkMode = "host" }),
		"pid":             change(func(s *types.ServiceConfig) { s.Pid = "host" }),
		"env_file":        change(func(s *types.ServiceConfig) { s.EnvFiles = []types.EnvFile{{Path: "x"}} }),
		"container_name":  change(func(s *types.ServiceConfig) { s.ContainerName = "x" }),
		"use_api_socket":  change(func(s *types.ServiceConfig) { s.UseAPISocket = true }),
		"tty":             change(func(s *types.ServiceConfig) { s.Tty = true }),
		"scale":           change(func(s *types.ServiceConfig) { s.Scale = &n }),
		"deploy.replicas": change(func(s *types.ServiceConfig) { s.Scale, s.Deploy = nil, &types.DeployConfig{Replicas: &n} }),
		"deploy.placement": change(func(s *types.ServiceConfig) {
			s.Deploy = &types.DeployConfig{Placement: types.Placement{MaxReplicas: 1}}
		}),
		"deploy.resources.limits": change(func(s *types.ServiceConfig) {
			s.Deploy = &types.DeployConfig{Resources: types.Resources{Limits: &types.Resource{Pids: 1}}}
		}),
		"networks.back":              change(func(s *types.ServiceConfig) { s.Networks["back"] = nil }),
		"networks.default.ipv4":      change(func(s *types.ServiceConfig) { s.Networks["default"].Ipv4Address = "10.0.0.1" }),
		"healthcheck.start_interval": change(func(s *types.ServiceConfig) { s.HealthCheck.StartInterval = ptr(types.Duration(1)) }),
		"service_completed": change(func(s *types.ServiceConfig) {
			s.DependsOn["orderer"] = types.ServiceDependency{Condition: types.ServiceConditionCompletedSuccessfully}
		}),
		"depends_on.orderer.restart": change(func(s *types.ServiceConfig) { s.DependsOn["orderer"] = types.ServiceDependency{Restart: true} }),
		"pull_policy: always":        change(func(s *types.ServiceConfig) { s.PullPolicy = "always" }),
		"type npipe":                 volume(types.ServiceVolumeConfig{Type: "npipe", Target: "/x"}),
		"volumes.bind.propagation":   volume(types.ServiceVolumeConfig{Type: "bind", Source: "/x", Bind: &types.ServiceVolumeBind{Propagation: "shared"}}),
		"volumes.volume.subpath":     volume(types.ServiceVolumeConfig{Type: "volume", Source: "ledger", Volume: &types.ServiceVolumeVolume{Subpath: "x"}}),
		"bind mount of /var/run/":    volume(types.ServiceVolumeConfig{Type: "bind", Source: "/var/run/docker.sock", Target: "/x"}),
		"bind mount of /run":         volume(types.ServiceVolumeConfig{Type: "bind", Source: "/run/", Target: "/x"}),
		"bind mount of /home/":       volume(types.ServiceVolumeConfig{Type: "bind", Source: "/home/me/.colima/docker.sock", Target: "/x"}),
		"/run/secrets/key":           change(func(s *types.ServiceConfig) { s.Tmpfs = types.StringList{"/run"} }),
		"/etc/fabric/core.yaml":      volume(types.ServiceVolumeConfig{Type: "bind", Source: "/home/me/x", Target: "/etc/fabric/"}),
		"configs.uid: root":          change(func(s *types.ServiceConfig) { s.Configs[1].UID = "root" }),
		"configs.core.external":      func(p *types.Project) { p.Configs["core"] = types.ConfigObjConfig{External: true} },
	} {
		t.Run(field, func(t *testing.T) {
			m := fullModel(t)
			with(m)
			_, err := translate(m, testLabels, nil)
			isFault(t, err, fault.Usage, "peer", field)
		})
	}
}

func TestBadModel(t *testing.T) {
	for says, with := range map[string]func(*types.Project){
		"no image":          change(func(s *types.ServiceConfig) { s.Image = "" }),
		"restart: sometime": change(func(s *types.ServiceConfig) { s.Restart = "sometimes" }),
		"restart: on-fail":  change(func(s *types.ServiceConfig) { s.Restart = "on-failure:many" }),
		"a port":            change(func(s *types.ServiceConfig) { s.Ports[0].HostIP = "here" }),
		"not under configs": change(func(s *types.ServiceConfig) { s.Configs[0].Source = "none" }),
		"core.yaml":         func(p *types.Project) { p.Configs["core"] = types.ConfigObjConfig{File: "/no/such/core.yaml"} },
		"variable NOT_SET":  func(p *types.Project) { p.Configs["core"] = types.ConfigObjConfig{Environment: "NOT_SET"} },
		"enable_ipv6":       func(p *types.Project) { p.Networks["default"] = types.NetworkConfig{EnableIPv6: ptr(true)} },
		"not overlay":       func(p *types.Project) { p.Networks["default"] = types.NetworkConfig{Driver: "overlay"} },
		"ipam.config.subnet": func(p *types.Project) {
			p.Networks["default"] = types.NetworkConfig{Ipam: types.IPAMConfig{Config: []*types.IPAMPool{{Subnet: "x"}}}}
		},
		"volume ledger": func(p *types.Project) { p.Volumes["ledger"] = types.VolumeConfig{External: true} },
		"waits for itself": func(p *types.Project) {
			o := p.Services["orderer"]
			o.DependsOn = types.DependsOnConfig{"peer": {}}
			p.Services["orderer"] = o
		},
	} {
		t.Run(says, func(t *testing.T) {
			m := fullModel(t)
			with(m)
			_, err := translate(m, testLabels, nil)
			isFault(t, err, fault.Usage, says)
		})
	}
}

func TestOnlyNamed(t *testing.T) {
	p, err := translate(fullModel(t), testLabels, []string{"peer"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.services) != 1 || len(p.services["peer"].needs) != 0 {
		t.Errorf("planned %d services; peer waits for %v", len(p.services), p.services["peer"].needs)
	}
	_, err = translate(fullModel(t), testLabels, []string{"nobody"})
	isFault(t, err, fault.Usage, "nobody")
}

func TestChangesOf(t *testing.T) {
	if !slices.Equal([]string{quoted(`a "b" \c $d`)}, []string{`"a \"b\" \\c \$d"`}) {
		t.Errorf("quoted: %s", quoted(`a "b" \c $d`))
	}
}
