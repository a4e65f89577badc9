// Package topology expresses a network as a compose project: the services it needs, and their files.
package topology

import (
	"fmt"
	"io/fs"
	"net"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/compose-spec/compose-go/v2/types"
)

// GenerationLabel carries the number of a chaincode's generation.
const GenerationLabel = "dev.ccdev.generation"

// nodeGrace is how long a node may take to close its ledger.
const nodeGrace = 10 * time.Second

// Nodes is the compose project of the network's orderer and peers, and of the peers' databases.
// Their files, which must be written by now, are configs of it: a runtime copies them to where the
// service sees them.
func Nodes(n network.Network) (*types.Project, error) {
	model := &types.Project{
		Name: ProjectName(n), WorkingDir: n.Dir,
		Services: types.Services{}, Volumes: types.Volumes{}, Configs: types.Configs{},
		Networks: types.Networks{"default": types.NetworkConfig{Name: ProjectName(n)}},
	}
	orderer := programOf(n, n.Programs.Orderer, "orderer")
	if err := addNode(model, n, n.Orderer.Node, orderer, n.Orderer.Endpoint, n.Orderer.Admin); err != nil {
		return nil, err
	}
	peer := programOf(n, n.Programs.Peer, "peer", "node", "start")
	for _, p := range n.Peers() {
		if err := addNode(model, n, p.Node, peer, p.Endpoint); err != nil {
			return nil, err
		}
		if !n.HasCouchDB() {
			continue
		}
		if err := addCouchDB(model, n, p); err != nil {
			return nil, err
		}
	}
	return model, nil
}

// program is what runs a service.
type program struct {
	image   string // none for a plain process
	command []string
}

// programOf is a command in an image, or of a program on this machine.
func programOf(n network.Network, imageOrPath string, command ...string) program {
	if n.Runtime == network.RuntimeDocker {
		return program{image: imageOrPath, command: command}
	}
	return program{command: append([]string{imageOrPath}, command[1:]...)}
}

// ProjectName is the compose project's name: that of the user's project, told apart from another
// one of the same name in another folder.
func ProjectName(n network.Network) string { return "ccdev-" + n.Name + "-" + n.ID }

func addNode(model *types.Project, n network.Network, node network.Node, run program, endpoints ...network.Endpoint) error {
	service := newService(node.Name, run, map[string]string{
		"FABRIC_CFG_PATH":       node.ConfigDir,
		"FABRIC_LOGGING_SPEC":   loggingSpec,
		"FABRIC_LOGGING_FORMAT": loggingFormat,
	})
	if n.Runtime == network.RuntimeProcess {
		// A peer takes a $ in this path for a variable (viper, absPathify), and a folder of the
		// user's may have one in its name. The working directory is never written out.
		here := "."
		service.Environment["FABRIC_CFG_PATH"], service.WorkingDir = &here, node.ConfigDir
	}
	service.StopGracePeriod = grace(nodeGrace)
	if err := addFiles(model, &service, n.NodeDir(node), node.ConfigDir); err != nil {
		return err
	}
	addVolume(model, n, &service, node.DataDir)
	for _, e := range endpoints {
		port, err := publish(e)
		if err != nil {
			return err
		}
		service.Ports = append(service.Ports, port)
	}
	model.Services[node.Name] = service
	return nil
}

const (
	// What a developer wants of the nodes: what happened, without the chatter of connections that
	// are tried before the other side listens, and heal by themselves.
	loggingSpec = "info:grpc=fatal:gossip=fatal:core.comm=fatal:policies=warning:comm.grpc.server=warning:" +
		"common.deliver=warning:orderer.common.broadcast=error:peer.blocksprovider=error:container=error"
	loggingFormat = "%{time:15:04:05.000} %{level:.4s} [%{module}] %{message}"
)

func newService(name string, run program, env map[string]string) types.ServiceConfig {
	service := types.ServiceConfig{Name: name, ContainerSpec: types.ContainerSpec{
		Image: run.image, Command: run.command,
		Environment: types.MappingWithEquals{}, Labels: types.Labels{},
		Networks: map[string]*types.ServiceNetworkConfig{"default": nil},
	}}
	for k, v := range env {
		service.Environment[k] = &v
	}
	return service
}

// addFiles makes a config of every file below dir, at the same place below target.
func addFiles(model *types.Project, service *types.ServiceConfig, dir, target string) error {
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		addFile(model, service, rel, file, path.Join(target, rel), 0o600)
		return nil
	})
	if err != nil {
		return fmt.Errorf("collect the files of %s: %w", service.Name, err)
	}
	return nil
}

// addFile makes a config of one file, named after its service and its path there.
func addFile(model *types.Project, service *types.ServiceConfig, rel, file, target string, mode types.FileMode) {
	name := service.Name + "-" + strings.ReplaceAll(rel, "/", "-")
	model.Configs[name] = types.ConfigObjConfig{File: file}
	service.Configs = append(service.Configs, types.ServiceConfigObjConfig{Source: name, Target: target, Mode: &mode})
}

// addVolume has a service keep a folder.
func addVolume(model *types.Project, n network.Network, service *types.ServiceConfig, target string) {
	volume := service.Name + "-data"
	model.Volumes[volume] = types.VolumeConfig{Name: ProjectName(n) + "-" + volume}
	service.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeVolume, Source: volume, Target: target}}
}

// publish gives a port of a service to this machine, on 127.0.0.1.
func publish(e network.Endpoint) (types.ServicePortConfig, error) {
	_, listen, err := net.SplitHostPort(e.Listen)
	if err != nil {
		return types.ServicePortConfig{}, fmt.Errorf("publish %s: %w", e.Listen, err)
	}
	target, err := strconv.ParseUint(listen, 10, 16)
	if err != nil {
		return types.ServicePortConfig{}, fmt.Errorf("publish %s: %w", e.Listen, err)
	}
	host, published, err := net.SplitHostPort(e.Host)
	if err != nil {
		return types.ServicePortConfig{}, fmt.Errorf("publish %s: %w", e.Host, err)
	}
	return types.ServicePortConfig{Mode: "ingress", Protocol: "tcp", HostIP: host, Published: published, Target: uint32(target)}, nil
}

func grace(d time.Duration) *types.Duration {
	g := types.Duration(d)
	return &g
}
