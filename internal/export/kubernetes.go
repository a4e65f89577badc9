package export

import (
	"embed"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/fabric/policy"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/host"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/shell"
	"github.com/ccdev/ccdev/internal/yamltemplate"
)

//go:embed kubernetes/*.tmpl compose/*.tmpl
var templates embed.FS

// Where the pods have things, and the port of the chaincode's Service, which is the one that
// hlf-operator takes by default.
const (
	clusterPort       = 7052
	clusterTLSDir     = "/etc/chaincode/tls"
	clusterBuilderDir = "/opt/ccdev/builder"
)

// Kubernetes says how a chaincode is to run on a cluster.
type Kubernetes struct {
	Namespace    string
	Image        string // of the chaincode; ImageOf it for ""
	BuilderImage string // with ccdev's builder
	Replicas     int

	Channel   string
	MSPID     string            // of the org that the chaincode is told to serve
	Chaincode network.Chaincode // at its Address on the cluster, with the certificates for that
	Package   []byte            // that names this address
	PackageID string
}

// ClusterService is the name of the Service that peers dial a chaincode at.
func ClusterService(cc network.Chaincode) string {
	return strings.ReplaceAll(strings.ToLower(network.ChaincodeService(cc.Name)), "_", "-")
}

// ClusterAddress is where the peers of a cluster, in whatever namespace, dial a chaincode.
func ClusterAddress(cc network.Chaincode, namespace string) string {
	return ClusterService(cc) + "." + namespace + ".svc:" + strconv.Itoa(clusterPort)
}

// ImageOf is what the image of a chaincode is called where nobody says otherwise.
func ImageOf(cc network.Chaincode) string {
	return strings.ToLower(cc.Name) + ":" + strings.ReplaceAll(cc.Version, "+", "_") // no tag has a +
}

// dnsLabel is what Kubernetes takes for names (RFC 1123).
var dnsLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckCluster finds out whether a chaincode can have a Service in a namespace.
func CheckCluster(cc network.Chaincode, namespace string, replicas int) error {
	switch {
	case !dnsLabel.MatchString(namespace):
		return fault.New(fault.Usage, "use lower-case letters, digits and hyphens, 63 at most", "%q is no name of a namespace", namespace)
	case !dnsLabel.MatchString(ClusterService(cc)):
		return fault.New(fault.Usage, "give the chaincode a shorter name", "Kubernetes takes no Service with the name %s", ClusterService(cc))
	case replicas < 1:
		return fault.New(fault.Usage, "give --replicas a number from 1", "%d replicas cannot serve", replicas)
	}
	return nil
}

// clusterValues are what the templates are filled in with.
type clusterValues struct {
	Kubernetes
	Service, Address, PackageFile string
	Port                          int
	Env, OperatorEnv              map[string]string
	Secret                        map[string]string // the texts of the files in SecretDir
	SecretName, SecretDir         string
	Definition, OperatorPolicy    string // as arguments of commands
	BuilderDir, BuilderVariable   string
}

// Files are the objects, the package, and how they are used, by the names of their files.
func (k Kubernetes) Files() (map[string][]byte, error) {
	values, err := k.values()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{values.PackageFile: k.Package}
	if k.Chaincode.Collections != "" {
		if files[collectionsFile], err = os.ReadFile(k.Chaincode.Collections); err != nil {
			return nil, fault.New(fault.Usage, "correct collections in ccdev.yaml", "the collections cannot be read: %w", err)
		}
	}
	names := []string{"chaincode.yaml", "peer-patch.yaml", "external-builders.yaml", "README.md"}
	if len(values.Secret) == 0 { // the operator's object takes no certificates but its own
		names = append(names, "hlf-operator.yaml")
	}
	for _, name := range names {
		if files[name], err = render("kubernetes/"+name, values); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (k Kubernetes) values() (clusterValues, error) {
	cc := k.Chaincode
	if k.Image == "" {
		k.Image = ImageOf(cc)
	}
	v := clusterValues{
		Kubernetes: k, Service: ClusterService(cc), Address: cc.Endpoint.Inside, PackageFile: cc.Label + ".tar.gz",
		Port: clusterPort, SecretName: ClusterService(cc) + "-tls", SecretDir: clusterTLSDir,
		BuilderDir: clusterBuilderDir, BuilderVariable: extbuilder.ConfigVariable,
		Definition: definitionFlags(cc), OperatorPolicy: operatorFlags(cc),
	}
	secure := cctls.Setup{Mode: cc.TLS.Mode, Dir: clusterTLSDir, Name: cc.Host()}
	base := host.Variables(k.PackageID, relay.Server, "0.0.0.0:"+strconv.Itoa(clusterPort))
	v.Env = map[string]string{"CORE_PEER_LOCALMSPID": k.MSPID}
	for _, more := range []map[string]string{cc.Env, base, secure.Variables(true)} { // the user's address would not be the Service's
		maps.Copy(v.Env, more)
	}
	v.OperatorEnv = maps.Clone(v.Env)
	maps.DeleteFunc(v.OperatorEnv, func(name, _ string) bool { return operatorSets(name) })
	if !secure.On() {
		return v, nil
	}
	v.Secret = map[string]string{}
	for _, name := range cctls.ChaincodeFiles() {
		text, err := os.ReadFile(filepath.Join(cc.TLS.Dir, name))
		if err != nil {
			return v, fault.New(fault.Boot, `run "ccdev up", which makes what is missing`, "the certificates of %s are not whole: %w", cc.Name, err)
		}
		v.Secret[name] = string(text)
	}
	return v, nil
}

// operatorSets tells whether hlf-operator gives a chaincode this variable itself
// (controllers/chaincode/deploy).
func operatorSets(name string) bool {
	switch name {
	case "CHAINCODE_ID", "CORE_CHAINCODE_ID", "CHAINCODE_SERVER_ADDRESS", "CORE_CHAINCODE_ADDRESS",
		"CHAINCODE_TLS_DISABLED", "CORE_PEER_TLS_ENABLED":
		return true
	}
	return false
}

// collectionsFile is a copy of the definition of the chaincode's collections.
const collectionsFile = "collections.json"

// definitionFlags define the chaincode for Fabric's peer command, the first time.
func definitionFlags(cc network.Chaincode) string {
	flags := []string{"--name", cc.Name, "--version", cc.Version, "--sequence", "1"}
	switch {
	case policy.IsReference(cc.Endorsement):
		flags = append(flags, "--channel-config-policy", shell.Quote(cc.Endorsement))
	case cc.Endorsement != "":
		flags = append(flags, "--signature-policy", shell.Quote(cc.Endorsement))
	}
	if cc.Collections != "" {
		flags = append(flags, "--collections-config", collectionsFile)
	}
	if cc.Init != nil {
		flags = append(flags, "--init-required")
	}
	return strings.Join(flags, " ")
}

// operatorFlags are what the operator's commands take besides: they know signature policies only.
func operatorFlags(cc network.Chaincode) string {
	var flags string
	if cc.Endorsement != "" && !policy.IsReference(cc.Endorsement) {
		flags += " --policy=" + shell.Quote(cc.Endorsement)
	}
	if cc.Collections != "" {
		flags += " --collections-config=" + collectionsFile
	}
	if cc.Init != nil {
		flags += " --init-required"
	}
	return flags
}

// literal is a text in which Kubernetes puts no variables in, as it does for $(NAME).
func literal(text string) string { return strings.ReplaceAll(text, "$", "$$") }

func render(name string, values any) ([]byte, error) {
	return yamltemplate.Render(templates, name, values, template.FuncMap{"sh": shell.Quote, "literal": literal})
}
