package network

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// What a network has where the project asks for nothing.
const (
	DefaultFabric       = "3.1.1"
	DefaultChannel      = "mychannel"
	DefaultBatchTimeout = 10 * time.Millisecond
)

// Where a node's files and data lie inside a container. Fabric's images have a sample MSP in
// their own configuration folder, which ours must not mix with; data lies where theirs does.
const (
	containerConfigDir = "/etc/ccdev"
	containerDataDir   = "/var/hyperledger/production"
	// ContainerBuilderDir is where our peer images carry the external builder.
	ContainerBuilderDir = "/opt/ccdev/builder"
	// ContainerAgent is ccdev itself in our peer images.
	ContainerAgent = "/opt/ccdev/bin/ccdev"
)

// Port asks for a port on 127.0.0.1 for a use that stays the same from run to run ("peer0.org1").
// Wanted is the port the user asked for, or 0; usual is the one to prefer otherwise.
type Port func(use string, wanted, usual int) (int, error)

// builder carries what making a network needs from one part to the next.
type builder struct {
	project project.Project
	net     Network
	port    Port
	err     error
}

// New makes the project definite for a runtime.
func New(p project.Project, runtime string, port Port) (Network, error) {
	b := &builder{project: p, port: port, net: Network{
		ID: p.ID(), Name: p.Name, Dir: p.Dir, Runtime: runtime,
		Fabric:       orElse(p.Fabric, DefaultFabric),
		Channel:      orElse(p.Channel, DefaultChannel),
		BatchTimeout: p.BatchTimeout,

		StateDatabase: orElse(p.StateDatabase, project.LevelDB),
	}}
	if b.net.BatchTimeout == 0 {
		b.net.BatchTimeout = DefaultBatchTimeout
	}
	b.orderer()
	b.orgs()
	b.chaincodes()
	b.checkPorts()
	return b.net, b.err
}

// WithChaincodes gives the network the project's chaincodes as they are now, and keeps all else.
func (n Network) WithChaincodes(p project.Project, port Port) (Network, error) {
	b := &builder{project: p, port: port, net: n}
	b.chaincodes()
	b.checkPorts()
	return b.net, b.err
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (b *builder) orderer() {
	node := b.node("orderer", 7050, 7050)
	if b.net.Runtime == RuntimeDocker {
		node.DataDir = containerDataDir + "/orderer"
	}
	b.net.Orderer = Orderer{
		Node: node, MSPID: "OrdererMSP", Domain: "example.com",
		Admin: b.endpoint("orderer", ordererAdmin, 7053, 7053),
	}
}

func (b *builder) orgs() {
	builderDir := b.net.BuilderDir()
	if b.net.Runtime == RuntimeDocker {
		builderDir = ContainerBuilderDir
	}
	wanted := b.project.Orgs
	if len(wanted) == 0 {
		wanted = make(project.Orgs, 1)
	}
	peers := 0
	for i, w := range wanted {
		name := orElse(w.Name, project.OrgName(i))
		host := strings.ToLower(name)
		org := Org{Name: name, MSPID: name + "MSP", Domain: host + ".example.com", Users: users(w)}
		for k := range max(w.Peers, 1) {
			node := b.node(fmt.Sprintf("peer%d.%s", k, host), 7051, usualPeerPort(peers))
			database := b.couchDB(fmt.Sprintf("couchdb%d.%s", k, host), peers)
			org.Peers = append(org.Peers, Peer{Node: node, BuilderDir: builderDir, CouchDB: database})
			peers++
		}
		b.net.Orgs = append(b.net.Orgs, org)
	}
}

// usualPeerPort is the port to prefer for the nth peer, from 0: 7051, 9051, … as everybody's
// tutorials have them; 7061, 9061, … where that would leave the range of ports.
func usualPeerPort(n int) int {
	const below65536 = 26
	return 7051 + 2000*(n%below65536) + 10*(n/below65536)
}

func users(org project.Org) []User {
	var list []User
	for _, u := range org.Users {
		list = append(list, User{Name: u.Name, Attributes: u.Attributes})
	}
	return list
}

// WithUsers gives the network's orgs the users that the project has now, beside those that were
// added to it alive, and keeps all else.
func (n Network) WithUsers(p project.Project) Network {
	n.Orgs = slices.Clone(n.Orgs)
	for i, org := range p.Orgs {
		list := users(org)
		for _, u := range n.Orgs[i].Users {
			named := slices.ContainsFunc(list, func(has User) bool { return has.Name == u.Name })
			if u.Added && !named {
				list = append(list, u)
			}
		}
		n.Orgs[i].Users = list
	}
	return n
}

func (b *builder) chaincodes() {
	b.net.Chaincodes = []Chaincode{} // none is no null
	for i, cc := range b.project.Chaincodes {
		service := ChaincodeService(cc.Name)
		made := Chaincode{
			Name: cc.Name, Version: cc.Version, Label: cc.Label, Path: cc.Path, Env: cc.Env,
			Service: service, Endpoint: b.endpoint(service, service, 9999, 9999+i),
			Relay: cc.Relayed(), Mode: cc.Mode, Lang: cc.Lang, Image: cc.Image,
			Endorsement: cc.Endorsement, Collections: cc.Collections, Init: cc.Init,
		}
		made.TLS = b.net.tls(made, cc.TLS)
		if made.Relay {
			made.Control = b.endpoint(service, controlUse(service), 9998, 8999+i)
		}
		if made.Lang = cc.Lang; made.External() {
			b.external(&made, i)
		}
		if made.Debuggable() {
			made.Debug = b.endpoint(service, debugUse(service), 2345, 2345+i)
		}
		b.needsContainers(made)
		b.net.Chaincodes = append(b.net.Chaincodes, made)
	}
}

// ChaincodeService is the service that runs the chaincode with this name.
func ChaincodeService(name string) string { return "chaincode-" + name }

func (b *builder) node(service string, inside, usual int) Node {
	n := Node{Name: service, Endpoint: b.endpoint(service, service, inside, usual)}
	if b.net.Runtime == RuntimeDocker {
		n.ConfigDir, n.DataDir = containerConfigDir, containerDataDir
	} else {
		n.ConfigDir, n.DataDir = b.net.NodeDir(n), filepath.Join(b.net.StateDir(), "data", service)
	}
	return n
}

// endpoint asks for a port. In containers a service always binds its usual port, and only the
// published one differs; plain processes have but one.
func (b *builder) endpoint(service, use string, inside, usual int) Endpoint {
	if b.err != nil {
		return Endpoint{}
	}
	for slices.Contains(slices.Collect(maps.Values(b.project.Ports)), usual) {
		usual++ // what another use is to have, it may ask for later
	}
	port, err := b.port(use, b.project.Ports[use], usual)
	if err != nil {
		b.err = err
		return Endpoint{}
	}
	host := hostPort("127.0.0.1", port)
	if b.net.Runtime == RuntimeDocker {
		return Endpoint{Listen: hostPort("0.0.0.0", inside), Inside: hostPort(service, inside), Host: host}
	}
	return Endpoint{Listen: host, Inside: host, Host: host}
}

// checkPorts finds a port asked for a service that the network does not have: a slip of the pen
// that would otherwise be an unanswered question why the port is another one.
func (b *builder) checkPorts() {
	if b.err != nil {
		return
	}
	uses := b.net.portUses()
	for _, use := range slices.Sorted(maps.Keys(b.project.Ports)) {
		if _, known := uses[use]; !known {
			b.err = fault.New(fault.Usage, "use one of: "+strings.Join(slices.Sorted(maps.Keys(uses)), ", "),
				"the ports in %s name %q, which the network does not have", project.FileName, use)
			return
		}
	}
}

// ordererAdmin is the use of the orderer's second port.
const ordererAdmin = "orderer-admin"

// portUses are the names that the project file has for the ports, with what each stands for.
func (n Network) portUses() map[string]Endpoint {
	uses := map[string]Endpoint{n.Orderer.Name: n.Orderer.Endpoint, ordererAdmin: n.Orderer.Admin}
	for _, p := range n.Peers() {
		uses[p.Name] = p.Endpoint
	}
	for _, d := range n.CouchDBs() {
		uses[d.Name] = d.Endpoint
	}
	for _, cc := range n.Chaincodes {
		uses[cc.Service] = cc.Endpoint
		if cc.External() {
			uses[cc.outsideUse()] = cc.Outside
		}
	}
	return uses
}

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// Peers are all peers of all orgs, in order.
func (n Network) Peers() []Peer {
	var peers []Peer
	for _, o := range n.Orgs {
		peers = append(peers, o.Peers...)
	}
	return peers
}

// NodeNames are the services of the orderer and all peers.
func (n Network) NodeNames() []string {
	names := []string{n.Orderer.Name}
	for _, p := range n.Peers() {
		names = append(names, p.Name)
	}
	return names
}

// Chaincode finds a chaincode by name; the first one for an empty name.
func (n Network) Chaincode(name string) (Chaincode, bool) {
	i := slices.IndexFunc(n.Chaincodes, func(c Chaincode) bool { return name == "" || c.Name == name })
	if i < 0 {
		return Chaincode{}, false
	}
	return n.Chaincodes[i], true
}
