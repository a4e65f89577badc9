package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

// The labels on everything of a project: containers, networks, volumes.
const (
	LabelProject = "dev.ccdev.project" // its id; nothing without it is ever touched
	LabelDir     = "dev.ccdev.dir"     // its folder
	LabelService = "dev.ccdev.service"
	LabelHash    = "dev.ccdev.hash" // of the configuration that the object was made by
)

// defaultNetwork is compose's name for the network of a project.
const defaultNetwork = "default"

// plan is a model in the words of the Engine API.
type plan struct {
	networkName string
	network     client.NetworkCreateOptions
	volumes     []client.VolumeCreateOptions
	services    map[string]*spec
}

// spec is the container a service should be.
type spec struct {
	service string
	name    string
	config  *container.Config
	host    *container.HostConfig
	aliases []string
	files   []file
	needs   map[string]string // service → condition, of those started together
	mayPull bool
	hash    string
}

// translate makes the plan for these services of the model; for all when none is named. It
// reads the files that the services are given, and asks the engine nothing.
func translate(model *types.Project, labels map[string]string, names []string) (*plan, error) {
	if len(names) == 0 {
		names = model.ServiceNames()
	}
	p := &plan{services: map[string]*spec{}}
	if err := p.setNetwork(model, labels); err != nil {
		return nil, err
	}
	for _, name := range names {
		service, ok := model.Services[name]
		if !ok {
			return nil, fault.New(fault.Usage, "name one of the services that \"ccdev status\" lists",
				"there is no service %q", name)
		}
		service.Name = name
		s, err := p.newSpec(model, service, labels)
		if err != nil {
			return nil, err
		}
		p.services[name] = s
	}
	for _, s := range p.services {
		maps.DeleteFunc(s.needs, func(on, _ string) bool { return p.services[on] == nil })
	}
	if err := p.setVolumes(model, labels, volumesOf(model, names)); err != nil {
		return nil, err
	}
	return p, checkCycles(p.services)
}

// volumesOf are the keys of the named volumes that these services mount.
func volumesOf(model *types.Project, services []string) []string {
	keys := map[string]bool{}
	for _, name := range services {
		for _, v := range model.Services[name].Volumes {
			if v.Type == types.VolumeTypeVolume && v.Source != "" {
				keys[v.Source] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func (p *plan) newSpec(model *types.Project, s types.ServiceConfig, labels map[string]string) (*spec, error) {
	if err := checkService(s); err != nil {
		return nil, err
	}
	host, err := hostConfig(model, s)
	if err != nil {
		return nil, err
	}
	config, err := containerConfig(s)
	if err != nil {
		return nil, err
	}
	files, err := filesOf(model, s)
	if err != nil {
		return nil, err
	}
	if err := checkHidden(s.Name, files, host); err != nil {
		return nil, err
	}
	host.NetworkMode = container.NetworkMode(p.networkName)
	spec := &spec{
		service: s.Name, name: model.Name + "-" + s.Name, config: config, host: host,
		aliases: aliases(s), files: files, needs: map[string]string{},
		mayPull: s.PullPolicy != types.PullPolicyNever,
	}
	for on, d := range s.DependsOn {
		spec.needs[on] = d.Condition
	}
	if spec.hash, err = spec.digest(); err != nil {
		return nil, err
	}
	config.Labels = marked(config.Labels, labels, map[string]string{LabelService: s.Name, LabelHash: spec.hash})
	return spec, nil
}

// digest is over everything that makes the container what it is, the content of its files too.
func (s *spec) digest() (string, error) {
	return hashOf(s.config, s.host, s.aliases, s.files)
}

func hashOf(parts ...any) (string, error) {
	text, err := json.Marshal(parts) // maps are written in the order of their keys
	if err != nil {
		return "", fmt.Errorf("hash the configuration: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// marked joins labels; the later ones win.
func marked(sets ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}

// aliases are the names a service is known by in the network. Compose's own replicas and
// project suffixes do not exist here.
func aliases(s types.ServiceConfig) []string {
	names := []string{s.Name}
	if s.Hostname != "" {
		names = append(names, s.Hostname)
	}
	if n := s.Networks[defaultNetwork]; n != nil {
		names = append(names, n.Aliases...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p *plan) setVolumes(model *types.Project, labels map[string]string, keys []string) error {
	for _, key := range keys {
		v := model.Volumes[key]
		if name := surplus(v, volumeFields); name != "" {
			return fault.New(fault.Usage, "take "+name+" out of volume "+key+" in the compose file",
				"the volume %s sets %s, which ccdev does not support", key, name)
		}
		p.volumes = append(p.volumes, client.VolumeCreateOptions{
			Name: volumeName(model, key), Driver: v.Driver, DriverOpts: v.DriverOpts,
			Labels: marked(v.Labels, labels),
		})
	}
	return nil
}

func volumeName(model *types.Project, key string) string {
	if v := model.Volumes[key]; v.Name != "" {
		return v.Name
	}
	return model.Name + "_" + key // as compose names it
}
