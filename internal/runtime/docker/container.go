package docker

import (
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"github.com/ccdev/ccdev/internal/fault"
)

// containerConfig is what a service is, wherever it runs.
func containerConfig(s types.ServiceConfig) (*container.Config, error) {
	if s.Image == "" {
		return nil, fault.New(fault.Usage, "name one under image", "service %s has no image", s.Name)
	}
	health, err := healthConfig(s)
	if err != nil {
		return nil, err
	}
	exposed, _, err := portMap(s)
	if err != nil {
		return nil, err
	}
	c := &container.Config{
		Image: s.Image, Cmd: s.Command, Entrypoint: s.Entrypoint, Env: environment(s.Environment),
		Labels: s.Labels, User: s.User, WorkingDir: s.WorkingDir, Hostname: s.Hostname,
		StopSignal: s.StopSignal, Healthcheck: health, ExposedPorts: exposed,
	}
	if s.Entrypoint != nil && len(s.Entrypoint) == 0 {
		c.Entrypoint = []string{""} // how the API is told to forget the image's
	}
	if s.StopGracePeriod != nil {
		seconds := int(math.Ceil(time.Duration(*s.StopGracePeriod).Seconds()))
		c.StopTimeout = &seconds
	}
	return c, nil
}

// environment is sorted, so that its order does not look like a change.
func environment(m types.MappingWithEquals) []string {
	var env []string
	for name, value := range m {
		if value != nil {
			env = append(env, name+"="+*value)
		}
	}
	slices.Sort(env)
	return env
}

func healthConfig(s types.ServiceConfig) (*container.HealthConfig, error) {
	h := s.HealthCheck
	if h == nil {
		return nil, nil
	}
	if h.Disable {
		return &container.HealthConfig{Test: []string{"NONE"}}, nil
	}
	out := &container.HealthConfig{Test: h.Test}
	if h.Retries != nil {
		if *h.Retries > math.MaxInt32 {
			return nil, unsupported(s.Name, "healthcheck.retries", "it is too large")
		}
		out.Retries = int(*h.Retries)
	}
	for from, to := range map[*types.Duration]*time.Duration{
		h.Interval: &out.Interval, h.Timeout: &out.Timeout, h.StartPeriod: &out.StartPeriod,
	} {
		if from != nil {
			*to = time.Duration(*from)
		}
	}
	return out, nil
}

// hostConfig is how a service runs on its engine.
func hostConfig(model *types.Project, s types.ServiceConfig) (*container.HostConfig, error) {
	_, ports, err := portMap(s)
	if err != nil {
		return nil, err
	}
	mounts, err := mountsOf(model, s)
	if err != nil {
		return nil, err
	}
	restart, err := restartPolicy(s)
	if err != nil {
		return nil, err
	}
	h := &container.HostConfig{
		PortBindings: ports, Mounts: mounts, RestartPolicy: restart,
		CapAdd: s.CapAdd, CapDrop: s.CapDrop, ExtraHosts: s.ExtraHosts.AsList(":"), Init: s.Init,
		Resources: limits(s),
		// Named, as a daemon's own default may be one that cannot be read again; and bounded, as
		// nobody rotates what a forgotten network writes.
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "20m", "max-file": "5"}},
	}
	slices.Sort(h.ExtraHosts)
	for _, t := range s.Tmpfs {
		if h.Tmpfs == nil {
			h.Tmpfs = map[string]string{}
		}
		path, options, _ := strings.Cut(t, ":")
		h.Tmpfs[path] = options
	}
	return h, nil
}

// limits takes compose's two spellings of the same; the longer one wins, as it does there.
func limits(s types.ServiceConfig) container.Resources {
	r := container.Resources{Memory: int64(s.MemLimit), NanoCPUs: int64(float64(s.CPUS) * 1e9)}
	if s.Deploy == nil || s.Deploy.Resources.Limits == nil {
		return r
	}
	if l := s.Deploy.Resources.Limits; l.MemoryBytes != 0 {
		r.Memory = int64(l.MemoryBytes)
	}
	if l := s.Deploy.Resources.Limits; l.NanoCPUs != 0 {
		r.NanoCPUs = int64(float64(l.NanoCPUs) * 1e9)
	}
	return r
}

// portMap publishes on 127.0.0.1 only, unless the user names an address: a developer's network
// is nobody else's business.
func portMap(s types.ServiceConfig) (network.PortSet, network.PortMap, error) {
	exposed, published := network.PortSet{}, network.PortMap{}
	for _, p := range s.Ports {
		port, err := network.ParsePort(fmt.Sprintf("%d/%s", p.Target, p.Protocol))
		if err != nil {
			return nil, nil, badPort(s.Name, err)
		}
		host := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if p.HostIP != "" {
			if host, err = netip.ParseAddr(p.HostIP); err != nil {
				return nil, nil, badPort(s.Name, err)
			}
		}
		exposed[port] = struct{}{}
		published[port] = append(published[port], network.PortBinding{HostIP: host, HostPort: p.Published})
	}
	return exposed, published, nil
}

func badPort(service string, err error) error {
	return fault.New(fault.Usage, `write ports as "8080:80" or "127.0.0.1:8080:80"`,
		"service %s has a port that cannot be published: %w", service, err)
}

func restartPolicy(s types.ServiceConfig) (container.RestartPolicy, error) {
	name, count, counted := strings.Cut(s.Restart, ":")
	policy := container.RestartPolicy{Name: container.RestartPolicyMode(name)}
	var err error
	if counted {
		policy.MaximumRetryCount, err = strconv.Atoi(count)
	}
	if err == nil && name != "" {
		err = container.ValidateRestartPolicy(policy)
	}
	if err != nil {
		return policy, fault.New(fault.Usage, "use no, always, unless-stopped or on-failure[:N]",
			"service %s has restart: %s: %w", s.Name, s.Restart, err)
	}
	return policy, nil
}

func mountsOf(model *types.Project, s types.ServiceConfig) ([]mount.Mount, error) {
	c := &checker{service: s.Name}
	var mounts []mount.Mount
	for _, v := range s.Volumes {
		c.only(v, mountFields, "volumes.")
		m := mount.Mount{Type: mount.Type(v.Type), Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly}
		switch v.Type {
		case types.VolumeTypeBind:
			c.only(v.Bind, bindFields, "volumes.bind.")
			c.bind(v.Source)
		case types.VolumeTypeVolume:
			c.only(v.Volume, volumeMountFields, "volumes.volume.")
			if v.Source != "" {
				m.Source = volumeName(model, v.Source)
			}
			if v.Volume != nil {
				m.VolumeOptions = &mount.VolumeOptions{NoCopy: v.Volume.NoCopy}
			}
		case types.VolumeTypeTmpfs:
			c.only(v.Tmpfs, tmpfsFields, "volumes.tmpfs.")
			m.TmpfsOptions = tmpfsOptions(v.Tmpfs)
		default:
			c.refuse("a volume of type "+v.Type, "")
		}
		mounts = append(mounts, m)
	}
	return mounts, c.err
}

// bind refuses a folder or file through which a container could command the engine, and with it
// this machine.
func (c *checker) bind(source string) {
	source = filepath.Clean(source)
	for _, socket := range []string{"/var/run/docker.sock", "/run/docker.sock"} {
		rel, err := filepath.Rel(source, socket)
		if filepath.Base(source) == "docker.sock" || err == nil && !strings.HasPrefix(rel, "..") {
			c.refuse("a bind mount of "+source, "with Docker's socket a container is root on this machine")
		}
	}
}

func tmpfsOptions(t *types.ServiceVolumeTmpfs) *mount.TmpfsOptions {
	if t == nil {
		return nil
	}
	return &mount.TmpfsOptions{SizeBytes: int64(t.Size), Mode: fileMode(int64(t.Mode))}
}
