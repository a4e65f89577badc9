// Package project says what the user wants: what ccdev.yaml says, and what the folder implies.
package project

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// FileName is the name of the project file, which a project may have.
const FileName = "ccdev.yaml"

// Project is what the user asked for. A zero field was not asked for: the default, or what the
// recorded network has, stands in for it.
type Project struct {
	Dir string `yaml:"-"` // absolute

	Name         string         `yaml:"name"`
	Fabric       string         `yaml:"fabric"`
	Runtime      string         `yaml:"runtime"`
	Images       Images         `yaml:"images"`
	Channel      string         `yaml:"channel"`
	Orgs         Orgs           `yaml:"orgs"`
	BatchTimeout time.Duration  `yaml:"-"`     // as text in the file
	Ports        map[string]int `yaml:"ports"` // by service name; of the published ports
	Chaincodes   []Chaincode    `yaml:"chaincodes"`

	StateDatabase string `yaml:"stateDatabase"` // leveldb | couchdb
}

// Runtimes a project can ask for.
const (
	RuntimeAuto    = "auto"
	RuntimeDocker  = "docker"
	RuntimeProcess = "process"
)

// Images says where the Docker runtime takes Fabric's images from.
type Images struct {
	Source   string `yaml:"source"`   // auto | pull | build
	Registry string `yaml:"registry"` // holds fabric-peer and fabric-orderer
	Peer     string `yaml:"peer"`     // a whole image name instead
	Orderer  string `yaml:"orderer"`
	CouchDB  string `yaml:"couchdb"` // a whole image name, of stateDatabase: couchdb
}

// Org is a peer organisation.
type Org struct {
	Name  string `yaml:"name"`
	Peers int    `yaml:"peers"`
	Users []User `yaml:"users"`
}

// User is a named client identity.
type User struct {
	Name       string            `yaml:"name"`
	Attributes map[string]string `yaml:"attributes"`
}

// Chaincode is one chaincode to build and run.
type Chaincode struct {
	Name    string            `yaml:"name"`
	Path    string            `yaml:"path"` // of its sources; absolute once loaded
	Lang    string            `yaml:"lang"` // auto | go | node | dockerfile | external
	Version string            `yaml:"version"`
	Label   string            `yaml:"label"` // of its package
	Env     map[string]string `yaml:"env"`
	Relay   *bool             `yaml:"relay"` // unset for true
	Mode    string            `yaml:"mode"`  // auto | server | client: who dials whom, with a relay
	Image   string            `yaml:"image"` // on Docker: has Node and npm, for a Node chaincode
	Build   Build             `yaml:"build"` // of lang: dockerfile
	TLS     TLS               `yaml:"tls"`   // off | server | mutual, or with certificates of the user's own

	Endorsement string `yaml:"endorsement"` // a signature policy, or the name of a policy of the channel
	Collections string `yaml:"collections"` // file of the private data collections; absolute once loaded, "" for none
	Init        *Init  `yaml:"init"`        // the call without which nothing else is answered; nil for none
}

// Init is a call that a chaincode is given once for each of its versions.
type Init struct {
	Function string   `yaml:"function" json:"function"`
	Args     []string `yaml:"args" json:"args"`
}

// Build says how an image is built of a chaincode's folder.
type Build struct {
	Args       map[string]string `yaml:"args"`
	Target     string            `yaml:"target"`     // stage
	Dockerfile string            `yaml:"dockerfile"` // file in the folder
}

// Languages that are none: others build, or start, these chaincodes.
const (
	LangExternal   = "external"   // the user starts it
	LangDockerfile = "dockerfile" // it is an image that the folder's Dockerfile makes
)

// The modes of a chaincode: whether it listens, or dials as if to a peer.
const (
	ModeAuto   = "auto" // what the program can
	ModeServer = "server"
	ModeClient = "client"
)

// The languages of chaincodes.
const (
	LangAuto = "auto" // what the folder looks like
	LangGo   = "go"
	LangNode = "node"
)

// Relayed tells whether a relay stands between the peers and the chaincode.
func (c Chaincode) Relayed() bool { return c.Relay == nil || *c.Relay }

// OrgName is the name of the org at index i of a list where it is given none.
func OrgName(i int) string { return "Org" + strconv.Itoa(i+1) }

// ID tells projects apart by their folder: 8 hex digits, the same at every run.
func (p Project) ID() string {
	sum := sha256.Sum256([]byte(p.Dir))
	return hex.EncodeToString(sum[:4])
}

var notNameChars = regexp.MustCompile(`[^a-z0-9]+`)

// longestName is how much of a folder's name becomes a name: with what services add to it, a host's
// name has room for 63 characters (RFC 1035, 2.3.4).
const longestName = 40

// NameOf makes a project or chaincode name of a folder's name: what Fabric and Docker both take.
func NameOf(dir string) string {
	name := strings.Trim(notNameChars.ReplaceAllString(strings.ToLower(filepath.Base(dir)), "-"), "-")
	if name == "" {
		return "chaincode"
	}
	return strings.TrimRight(name[:min(len(name), longestName)], "-")
}
