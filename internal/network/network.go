// Package network makes a project definite: every name, address, path and identity of a network.
package network

import (
	"net"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/project"
)

// Network is everything a running network is known by. It is recorded in the state folder, and
// stays as it was made until the network is removed.
type Network struct {
	ID           string        `json:"id"`   // of the project; in the name and labels of all it owns
	Name         string        `json:"name"` // of the project
	Dir          string        `json:"dir"`  // the project's folder, absolute
	Fabric       string        `json:"fabric"`
	Runtime      string        `json:"runtime"` // RuntimeDocker or RuntimeProcess
	Channel      string        `json:"channel"`
	BatchTimeout time.Duration `json:"batchTimeout"`
	Orderer      Orderer       `json:"orderer"`
	Orgs         []Org         `json:"orgs"`
	Chaincodes   []Chaincode   `json:"chaincodes"`
	Programs     Programs      `json:"programs"` // once they are known

	StateDatabase string `json:"stateDatabase,omitempty"` // project.LevelDB or project.CouchDB
}

// Programs are what runs the services: names of images, or paths on this machine.
type Programs struct {
	Peer      string `json:"peer,omitempty"`
	Orderer   string `json:"orderer,omitempty"`
	Chaincode string `json:"chaincode,omitempty"` // an image that has nothing but room for a program
	Agent     string `json:"agent,omitempty"`     // path of ccdev where relays run; it is in the images of peers and chaincodes

	Images map[string]string `json:"images,omitempty"` // of chaincodes that need more than ccdev has, by name

	CouchDB string `json:"couchDB,omitempty"` // an image
}

// The runtimes a network can be made for.
const (
	RuntimeDocker  = "docker"
	RuntimeProcess = "process"
)

// Endpoint is one listening port, as its three kinds of users know it. Each is host:port.
type Endpoint struct {
	Listen string `json:"listen"` // what the service binds
	Inside string `json:"inside"` // what other services dial
	Host   string `json:"host"`   // what this machine dials, always on 127.0.0.1
}

// Node is an orderer or a peer. Its files lie in ConfigDir: core.yaml or orderer.yaml, msp/, tls/.
type Node struct {
	Name      string   `json:"name"`     // of its service; also its host name inside the network
	Endpoint  Endpoint `json:"endpoint"` // its gRPC service
	ConfigDir string   `json:"configDir"`
	DataDir   string   `json:"dataDir"` // ConfigDir and DataDir are paths as the service sees them
}

// Orderer is the network's one ordering node.
type Orderer struct {
	Node
	MSPID  string   `json:"mspID"`
	Domain string   `json:"domain"`
	Admin  Endpoint `json:"admin"` // the channel participation API
}

// Org is a peer organisation.
type Org struct {
	Name   string `json:"name"` // "Org1"
	MSPID  string `json:"mspID"`
	Domain string `json:"domain"`
	Peers  []Peer `json:"peers"`
	Users  []User `json:"users"` // besides Admin, which every org has
}

// Peer is a peer node of an org.
type Peer struct {
	Node
	BuilderDir string `json:"builderDir"` // of our external builder (its bin/ holds detect, build, release), as the peer sees it

	CouchDB Node `json:"couchDB,omitzero"` // that keeps its world state, where the network has such
}

// AdminUser is the user that administers its org, and that calls go out as by default.
const AdminUser = "Admin"

// User is a named client identity with the attributes in its certificate.
type User struct {
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Added      bool              `json:"added,omitempty"` // to the live network, and not by ccdev.yaml
}

// Chaincode is one chaincode of the network, running as a service.
type Chaincode struct {
	Name     string            `json:"name"`
	Version  string            `json:"version"`
	Label    string            `json:"label"`
	Path     string            `json:"path"`     // of its sources, absolute
	Service  string            `json:"service"`  // the service that runs it
	Endpoint Endpoint          `json:"endpoint"` // Inside is the address in its package
	Relay    bool              `json:"relay"`    // the service is a relay, which starts the chaincode; else it is the chaincode
	Control  Endpoint          `json:"control"`  // of the relay's control API
	Mode     string            `json:"mode,omitempty"`
	Env      map[string]string `json:"env,omitempty"`
	Lang     string            `json:"lang"`             // one of project's
	Image    string            `json:"image,omitempty"`  // to run in, where the user names one
	Outside  Endpoint          `json:"outside,omitzero"` // see External
	TLS      TLS               `json:"tls,omitzero"`

	Endorsement string        `json:"endorsement,omitempty"` // as the project has it
	Collections string        `json:"collections,omitempty"` // file, absolute
	Init        *project.Init `json:"init,omitempty"`
	PackageID   string        `json:"packageID"` // of the package that its folder made when the network took it on

	Debug Endpoint `json:"debug,omitzero"` // where a debugger listens, behind a relay
}

// StateDir is where the network is recorded: keys, configuration, logs, ledgers of plain processes.
func (n Network) StateDir() string { return StateDir(n.Dir) }

// StateDir is the state folder of the project in dir.
func StateDir(dir string) string { return filepath.Join(dir, ".ccdev") }

// NodeDir is the folder on this machine that holds a node's ConfigDir.
func (n Network) NodeDir(node Node) string { return filepath.Join(n.StateDir(), "nodes", node.Name) }

// OrgDir is the folder of an org, or of the orderer's, by its domain:
//
//	ca/ca.pem, ca/ca.key            signs identities
//	tlsca/ca.pem, tlsca/ca.key      signs TLS certificates
//	msp/                            the org's verifying MSP
//	users/NAME/msp/                 a user's signing MSP
func (n Network) OrgDir(domain string) string {
	return filepath.Join(n.StateDir(), "organizations", domain)
}

// MSPDir is the verifying MSP of the org with this domain.
func (n Network) MSPDir(domain string) string { return filepath.Join(n.OrgDir(domain), "msp") }

// Debuggable says whether ccdev can run the chaincode under a debugger. Without a relay the peer
// would end what is held at a breakpoint.
func (c Chaincode) Debuggable() bool {
	return c.Relay && c.Lang != project.LangDockerfile && c.Lang != project.LangExternal
}

// UserMSPDir is the signing MSP of a user: signcerts/cert.pem and keystore/key.pem.
func (n Network) UserMSPDir(domain, user string) string {
	return filepath.Join(n.OrgDir(domain), "users", user, "msp")
}

// TLSCAFile is the PEM of the CA behind the TLS certificates of the org with this domain.
func (n Network) TLSCAFile(domain string) string {
	return filepath.Join(n.OrgDir(domain), "tlsca", "ca.pem")
}

// ChaincodeDir is where the builds of a chaincode are kept.
func (n Network) ChaincodeDir(cc Chaincode) string {
	return filepath.Join(n.StateDir(), "chaincodes", cc.Name)
}

// TokenFile holds what the control API of a chaincode's relay asks for.
func (n Network) TokenFile(cc Chaincode) string { return filepath.Join(n.ChaincodeDir(cc), "token") }

// GenesisBlock is the channel's genesis block.
func (n Network) GenesisBlock() string {
	return filepath.Join(n.StateDir(), "channel", n.Channel+".block")
}

// BuilderDir is where the peers that are plain processes have our external builder.
func (n Network) BuilderDir() string { return filepath.Join(n.StateDir(), "builder") }

// Org finds an org by name, MSP ID or domain.
func (n Network) Org(name string) (Org, bool) {
	for _, o := range n.Orgs {
		if name == o.Name || name == o.MSPID || name == o.Domain {
			return o, true
		}
	}
	return Org{}, false
}

// TLSNames are the names and addresses a node's TLS certificate is valid for.
func (n Node) TLSNames() (dns []string, ips []net.IP) {
	return []string{n.Name, "localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
}
