package golang

import (
	"errors"
	"os/exec"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// remedy is what to do when the go command says something. It tells its failures apart by their
// text only. In why and fix, MODULE stands for the module's folder.
type remedy struct {
	says []string // any of these
	why  string
	fix  string
}

const (
	tidy   = `run "go mod tidy" in MODULE`
	vendor = `run "go mod tidy" and "go mod vendor" in MODULE (in a workspace "go work vendor"), or remove the folder vendor`
)

// remedies are in the order in which they are looked for: what names a cause precisely comes before
// what may be its consequence.
var remedies = []remedy{
	{
		[]string{"github.com/hyperledger/fabric/core/chaincode/shim", "github.com/hyperledger/fabric/core/chaincode/lib/cid"},
		"it is written for Fabric 1, whose shim Fabric 2 and later no longer have",
		"import github.com/hyperledger/fabric-chaincode-go/v2/shim (and .../v2/pkg/cid) instead, with\n" +
			"github.com/hyperledger/fabric-protos-go-apiv2/peer for the answers, and " + tidy,
	},
	{[]string{"inconsistent vendoring"}, "its vendor folder is not what its go.mod asks for", vendor},
	{
		[]string{"import lookup disabled by -mod=vendor", `cannot find package "." in:`},
		"its vendor folder lacks something that it imports", vendor,
	},
	{
		[]string{"GOTOOLCHAIN=local)"}, "it asks for a newer Go than the one on this machine",
		"install that Go (https://go.dev/dl), or let the one there is fetch it: GOTOOLCHAIN=auto;\nor lower the go line of the go.mod, if it does without",
	},
	{
		[]string{"toolchain not available", "golang.org/toolchain@"}, "it asks for a newer Go than the one on this machine, and that cannot be fetched",
		"install that Go (https://go.dev/dl), or see that this machine reaches " + proxy,
	},
	{[]string{"workspace modules listed in go.work", "does not contain modules listed in go.work"}, "a go.work above it does not list it",
		`run "go work use -r ." in the folder of the go.work, or set GOWORK=off`},
	{[]string{"errors parsing ", "invalid go version"}, "its go.mod or go.work cannot be read", "correct the line it names"},
	{[]string{"(replaced by ", "replacement directory "}, "a replace of its go.mod leads to no module", "correct the replace, or put the module there: its folder has to have a go.mod"},
	{
		[]string{"terminal prompts disabled", "could not read Username"}, "a module is in a repository that asks who you are",
		"let git in without a question (an SSH key, or a credential helper), and name the repository in GOPRIVATE",
	},
	{[]string{"checksum mismatch"}, "a module is not what the go.sum says it was", "find out which of the two is right; then remove the lines of that module from the go.sum and " + tidy},
	{
		[]string{"dial tcp", "lookup disabled by GOPROXY=off", "TLS handshake timeout", "proxyconnect tcp", "Client.Timeout exceeded", "context deadline exceeded"},
		"its modules are not on this machine, and cannot be fetched",
		`see that this machine reaches ` + proxy + `, and try "go mod download" in MODULE;` +
			"\nfor a machine without a network run \"go mod vendor\" where there is one",
	},
	{
		[]string{"missing go.sum entry", "updates to go.mod needed", "updates to go.sum needed", "no required module provides", "is not in your go.mod file"},
		"its go.mod or go.sum lacks something that it imports", tidy,
	},
	{[]string{" is not in std"}, "it imports something by a path that is neither of the standard library nor of a module",
		"begin the import of the module's own packages with the module's name, the first line of its go.mod"},
	{
		[]string{"(-lang was set to go"}, "the go line of a go.mod is of a time before something that is used",
		`raise that line to the Go it is written for: "go mod edit -go=1.20", "go mod tidy", and "go mod vendor" if there is a folder vendor, in MODULE`,
	},
	{[]string{"C compiler"}, `it imports "C", and there is no C compiler`, "install one, such as gcc, with the libraries that the chaincode links to"},
	{[]string{"function main is undeclared in the main package"}, "it is no program", "give it a func main"},
}

const proxy = "the module proxy (https://proxy.golang.org, or what GOPROXY names)"

// explain makes a fault of a build that failed: what the go command said, why that is, and what to
// do about it.
func (b builder) explain(output []byte, err error) error {
	if known := (*fault.Fault)(nil); errors.As(err, &known) {
		return known
	}
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		return fault.New(fault.Build, "see that the go command works", "cannot run the go command: %w", err)
	}
	said := strings.TrimSpace(string(output))
	for _, r := range remedies {
		for _, text := range r.says {
			if strings.Contains(said, text) {
				return fault.New(fault.Build, strings.ReplaceAll(r.fix, "MODULE", b.Module), "cannot build the chaincode in %s: %s:\n%s", b.Place, r.why, said)
			}
		}
	}
	const fix = `correct the source, then run "ccdev reload"`
	return fault.New(fault.Build, fix, "the chaincode in %s does not compile:\n%s", b.Place, said)
}
