package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// style is a way to write a chaincode, and to have it run.
type style struct {
	name     string
	group    string            // of those that share a network
	lang     string            // what ccdev.yaml says
	template string            // what "ccdev init" makes first
	files    map[string]string // VERSION stands for what it answers to "version"
	compiled bool              // by its author, as "cc"
	dials    bool              // so that it needs a relay
}

// The groups of styles. Those of one group are in one network.
const (
	groupGo    = "Go"
	groupNode  = "Node"
	groupOther = "other" // ccdev does not build them
)

func styles() []style {
	node := func(name string) map[string]string { return nodeChaincodes[name].files }
	shim := func(start string) string { return strings.Replace(versioned, "START", start, 1) }
	return []style{
		{name: "contractapi", group: groupGo, template: "go", files: map[string]string{"version.go": contractGo}},
		{name: "chaincodeserver", group: groupGo, template: "go-shim", files: map[string]string{"main.go": shim(listensAsTold)}},
		{name: "shimstart", group: groupGo, template: "go-shim", files: map[string]string{"main.go": shim(dials)}, dials: true},
		{name: "javascript", group: groupNode, files: node("js")},
		{name: "typescript", group: groupNode, files: node("ts")},
		{name: "shimjs-listens", group: groupNode, files: node("listens")},
		{name: "shimjs-dials", group: groupNode, files: node("dials"), dials: true},
		{name: "dockerfile", group: groupOther, lang: "dockerfile", template: "go-shim", compiled: true, files: map[string]string{
			"main.go": shim(listensAsTold), ".dockerignore": "*\n!cc\n",
			"Dockerfile": "FROM scratch\nCOPY cc /cc\nENTRYPOINT [\"/cc\"]\n",
		}},
		{name: "external", group: groupOther, lang: "external", template: "go-shim", compiled: true,
			files: map[string]string{"main.go": shim(listensAsTold)}},
	}
}

// contractGo goes beside the template's contract.
const contractGo = `package main

import "github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

func (c *AssetContract) Version() string { return "VERSION" }

func (c *AssetContract) Put(ctx contractapi.TransactionContextInterface, key, value string) error {
	return ctx.GetStub().PutState(key, []byte(value))
}

func (c *AssetContract) Get(ctx contractapi.TransactionContextInterface, key string) (string, error) {
	value, err := ctx.GetStub().GetState(key)
	return string(value), err
}
`

// listensAsTold is a START with TLS where the environment says so.
const listensAsTold = `	props := shim.TLSProperties{Disabled: os.Getenv("CHAINCODE_TLS_DISABLED") != "false"}
	for name, pem := range map[string]*[]byte{
		"CHAINCODE_TLS_KEY": &props.Key, "CHAINCODE_TLS_CERT": &props.Cert, "CHAINCODE_CLIENT_CA_CERT": &props.ClientCACerts,
	} {
		if file := os.Getenv(name); file != "" && !props.Disabled {
			var err error
			if *pem, err = os.ReadFile(file); err != nil {
				log.Fatal(err)
			}
		}
	}
	server := &shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: store{}, TLSProps: props,
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}`

// write makes a version of the chaincode, in the project's folder of the style's name.
func (s style) write(t *testing.T, project string, version int) {
	t.Helper()
	dir := filepath.Join(project, s.name)
	if _, err := os.Stat(dir); err != nil && s.template != "" {
		mustRun(t, ccdev(project, "init", s.name, "--template", s.template))
	}
	nodeChaincode{files: s.files}.write(t, dir, version)
	if s.compiled {
		build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", "cc", ".")
		build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		mustRun(t, build)
	}
}
