package export

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ccdev/ccdev/internal/fabric/nodeconfig"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"
)

// Compose is a network on Docker that a compose tool is to run without ccdev: with the same identities,
// channel and packages, and a ledger of its own.
type Compose struct {
	Network  network.Network   // its chaincodes without relays
	Model    *types.Project    // of it; without relays, and what it mounts are volumes
	Packages map[string][]byte // of the chaincodes, by name
}

// Where things are in the folder, and in the containers.
const (
	composeFile    = "compose.yaml"
	readmeFile     = "README.md"
	connectionFile = "connection.json"
	networkFolder  = "network"  // what ccdev-setup has of the state folder
	servicesFolder = "services" // what each service has
	ownFolder      = "/etc/ccdev"
	setupService   = "ccdev-setup"
	setupDir       = "/network"
)

// SetupPackage is the package of a chaincode in the state folder that SetUp works with.
func SetupPackage(n network.Network, cc network.Chaincode) string {
	return filepath.Join(n.ChaincodeDir(cc), "package.tar.gz")
}

// Files are what is to be written, by path, and those of them that are programs.
func (c Compose) Files() (files map[string][]byte, programs []string, err error) {
	files = map[string][]byte{}
	mounts := map[string][]string{}
	for name, service := range c.Model.Services {
		run, err := c.addService(files, service)
		if err != nil {
			return nil, nil, err
		}
		programs = append(programs, run...)
		mounts[name] = mountsOf(service)
	}
	if files[composeFile], err = c.yaml(mounts); err == nil {
		files[readmeFile], err = c.readme()
	}
	for _, add := range []func(map[string][]byte) error{c.addNodes, c.addState, c.addConnection} {
		if err == nil {
			err = add(files)
		}
	}
	return files, programs, err
}

// addService adds the files of a service, and tells which of them are programs.
func (c Compose) addService(files map[string][]byte, service types.ServiceConfig) (programs []string, err error) {
	for _, use := range service.Configs {
		inFolder, _ := placeOf(service.Name, use.Target)
		if files[inFolder], err = os.ReadFile(c.Model.Configs[use.Source].File); err != nil {
			return nil, fault.New(fault.Boot, `run "ccdev up -d", which makes what is missing`,
				"a file of %s cannot be read: %w", service.Name, err)
		}
		if use.Mode != nil && *use.Mode&0o100 != 0 {
			programs = append(programs, inFolder)
		}
	}
	return programs, nil
}

// mountsOf are how a service is given its files.
func mountsOf(service types.ServiceConfig) []string {
	var mounts []string
	for _, use := range service.Configs {
		_, mount := placeOf(service.Name, use.Target)
		mounts = append(mounts, mount)
	}
	slices.Sort(mounts)
	return slices.Compact(mounts)
}

func (c Compose) addConnection(files map[string][]byte) error {
	connection, err := GatewayOf(c.Network, networkFolder)
	if err == nil {
		files[connectionFile], err = json.MarshalIndent(connection, "", "  ")
	}
	return err
}

func (c Compose) readme() ([]byte, error) {
	return render("compose/README.md", struct {
		Name, Connection string
		Images           []string
	}{c.Network.Name, connectionFile, c.images()})
}

// placeOf is where the folder has a file of a service, and how that is mounted: one by one, but for
// those in the folder that is ours alone.
func placeOf(service, target string) (inFolder, mount string) {
	dir := path.Join(servicesFolder, service)
	if rel, ours := strings.CutPrefix(target, ownFolder+"/"); ours {
		return path.Join(dir, "etc", rel), "./" + dir + "/etc:" + ownFolder + ":ro"
	}
	inFolder = path.Join(dir, "files", target)
	return inFolder, "./" + inFolder + ":" + target + ":ro"
}

// addNodes gives the peers the settings that they have without relays.
func (c Compose) addNodes(files map[string][]byte) error {
	for _, o := range c.Network.Orgs {
		for _, p := range o.Peers {
			text, err := nodeconfig.Peer(c.Network, o, p)
			if err != nil {
				return err
			}
			inFolder, _ := placeOf(p.Name, path.Join(p.ConfigDir, "core.yaml"))
			files[inFolder] = text
		}
	}
	return nil
}

// addState gives ccdev-setup and the clients what they need of the state folder. What signs identities
// stays where it is.
func (c Compose) addState(files map[string][]byte) error {
	state := os.DirFS(c.Network.StateDir())
	for _, dir := range []string{"organizations", "channel"} {
		err := fs.WalkDir(state, dir, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && entry.Name() != "ca.key" {
				files[path.Join(networkFolder, file)], err = fs.ReadFile(state, file)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("read the network's files: %w", err)
		}
	}
	there := c.inside()
	for i, cc := range there.Chaincodes {
		dir := path.Join(networkFolder, "chaincodes", cc.Name)
		files[path.Join(dir, filepath.Base(SetupPackage(there, cc)))] = c.Packages[cc.Name]
		if cc.Collections == "" {
			continue
		}
		text, err := os.ReadFile(cc.Collections)
		if err != nil {
			return fault.New(fault.Usage, "correct collections in ccdev.yaml", "the collections cannot be read: %w", err)
		}
		files[path.Join(dir, collectionsFile)] = text
		there.Chaincodes[i].Collections = path.Join(setupDir, ".ccdev", "chaincodes", cc.Name, collectionsFile)
	}
	text, err := json.MarshalIndent(there, "", "  ")
	files[path.Join(networkFolder, "network.json")] = text
	return err
}

// inside is the network as ccdev-setup sees it, which is one of the services.
func (c Compose) inside() network.Network {
	n := c.Network
	n.Dir, n.Programs = setupDir, network.Programs{}
	n.Orderer.Endpoint.Host, n.Orderer.Admin.Host = n.Orderer.Endpoint.Inside, n.Orderer.Admin.Inside
	n.Orgs = slices.Clone(n.Orgs)
	for i, o := range n.Orgs {
		n.Orgs[i].Peers = slices.Clone(o.Peers)
		for k := range o.Peers {
			n.Orgs[i].Peers[k].Endpoint.Host = n.Orgs[i].Peers[k].Endpoint.Inside
		}
	}
	n.Chaincodes = slices.Clone(n.Chaincodes)
	for i := range n.Chaincodes {
		n.Chaincodes[i].Path, n.Chaincodes[i].TLS.Dir = "", ""
	}
	return n
}

// images are all that the file needs, sorted.
func (c Compose) images() []string {
	var images []string
	for _, s := range c.Model.Services {
		images = append(images, s.Image)
	}
	slices.Sort(images)
	return slices.Compact(images)
}

// yaml is the compose file. It keeps to what the tools before version 2 take as well.
func (c Compose) yaml(mounts map[string][]string) ([]byte, error) {
	text, err := c.Model.MarshalYAML()
	if err != nil {
		return nil, err
	}
	var file struct {
		Services map[string]map[string]any `yaml:"services"`
		Volumes  map[string]any            `yaml:"volumes"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("write the compose file: %w", err)
	}
	for name, service := range file.Services {
		c.plain(name, service, mounts[name])
	}
	for name := range file.Volumes {
		file.Volumes[name] = map[string]any{} // named by the tool, after the folder
	}
	file.Services[setupService] = c.setup()
	out, err := yaml.Marshal(file)
	return []byte(strings.ReplaceAll(string(out), "$", "$$")), err // it has no variables
}

// plain makes a service one that runs anywhere, with these mounts in place of its files.
func (c Compose) plain(name string, service map[string]any, mounts []string) {
	for _, key := range []string{"configs", "labels", "networks"} {
		delete(service, key)
	}
	delete(service, "ports")
	if slices.ContainsFunc(c.Network.Chaincodes, func(cc network.Chaincode) bool { return cc.Service == name }) {
		service["restart"] = "on-failure" // and only the peers dial it
	} else if published := ports(c.Model.Services[name]); len(published) > 0 {
		service["ports"] = published
	}
	volumes, _ := service["volumes"].([]any)
	for _, m := range mounts {
		volumes = append(volumes, m)
	}
	if len(volumes) > 0 {
		service["volumes"] = volumes
	}
	after, _ := service["depends_on"].(map[string]any)
	for _, condition := range after {
		if m, ok := condition.(map[string]any); ok {
			delete(m, "required")
		}
	}
}

// ports are the ports of a service as every tool takes them.
func ports(s types.ServiceConfig) []string {
	var published []string
	for _, p := range s.Ports {
		text := p.Published + ":" + strconv.Itoa(int(p.Target)) + "/" + p.Protocol
		if p.HostIP != "" {
			text = p.HostIP + ":" + text
		}
		published = append(published, text)
	}
	return published
}

// setup is the service that joins the nodes to the channel and deploys the packages, once.
func (c Compose) setup() map[string]any {
	after := map[string]any{}
	for name := range c.Model.Services {
		after[name] = map[string]string{"condition": "service_started"}
	}
	return map[string]any{
		"image": c.Network.Programs.Peer, "restart": "on-failure", "depends_on": after,
		"entrypoint": []string{network.ContainerAgent}, "command": []string{"agent", "setup", "--network", setupDir},
		"volumes": []string{"./" + networkFolder + ":" + setupDir + "/.ccdev:ro"},
	}
}
