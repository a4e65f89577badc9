package golang_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/fault"
)

const (
	chaincodeMain = "package main\n\nimport _ \"github.com/hyperledger/fabric-chaincode-go/shim\"\n\nfunc main() {}\n"
	needShim      = module + "\nrequire github.com/hyperledger/fabric-contract-api-go v1.2.2\n"
)

func TestFind(t *testing.T) {
	for name, tc := range map[string]struct {
		at           string // folder of the chaincode
		files        []string
		module, main string
		c            bool
	}{
		"at the root": {files: []string{"go.mod", module, "main.go", anyMain}, module: ".", main: "."},
		"at the root, with others below": {
			files:  []string{"go.mod", module, "main.go", anyMain, "cmd/tool/main.go", chaincodeMain},
			module: ".", main: ".",
		},
		"below": {
			files:  []string{"go.mod", module, "lib.go", "package lib\n", "cmd/chaincode/main.go", anyMain},
			module: ".", main: "cmd/chaincode",
		},
		"the one below that speaks of Fabric": {
			files:  []string{"go.mod", module, "cmd/tool/main.go", anyMain, "cmd/cc/main.go", chaincodeMain},
			module: ".", main: "cmd/cc",
		},
		"below, by its path": {
			files: []string{"go.mod", module, "cmd/a/main.go", anyMain, "cmd/b/main.go", anyMain},
			at:    "cmd/b", module: ".", main: "cmd/b",
		},
		"below a folder of a module": {
			files: []string{"go.mod", module, "main.go", anyMain, "chaincode/lib.go", library, "chaincode/cmd/main.go", anyMain},
			at:    "chaincode", module: ".", main: "chaincode/cmd",
		},
		"beside what is no part of the module": {
			files: []string{
				"go.mod", module, "cc/main.go", anyMain, "vendor/x/main.go", chaincodeMain, "testdata/main.go", chaincodeMain,
				"_old/main.go", chaincodeMain, ".git/main.go", chaincodeMain, "other/go.mod", needShim, "other/main.go", chaincodeMain,
			},
			module: ".", main: "cc",
		},
		"that cannot be read": {files: []string{"go.mod", module, "main.go", "packaje main\n"}, module: ".", main: "."},
		"with C":              {files: []string{"go.mod", module, "main.go", usesC}, module: ".", main: ".", c: true},
		"not what other systems or tags take": {
			files: []string{
				"go.mod", module, "lib.go", library, "gen.go", "//go:build ignore\n\npackage main\n",
				"cmd/main.go", anyMain, "old/main_plan9.go", anyMain,
			},
			module: ".", main: "cmd",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := source(t, "a [dir]", tc.files...)
			got, err := golang.Find(filepath.Join(dir, tc.at))
			want := golang.Place{Module: filepath.Join(dir, tc.module), Main: filepath.Join(dir, tc.main), C: tc.c}
			if err != nil || got != want {
				t.Errorf("it is %+v (%v), want %+v", got, err, want)
			}
		})
	}
}

// TestFindThroughALink finds the module that the go command finds: above where the link leads.
func TestFindThroughALink(t *testing.T) {
	dir := source(t, "repository", "go.mod", module, "cc/main.go", anyMain)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "cc"), link); err != nil {
		t.Fatal(err)
	}
	got, err := golang.Find(link)
	if want := (golang.Place{Module: dir, Main: filepath.Join(dir, "cc")}); err != nil || got != want {
		t.Errorf("it is %+v (%v), want %+v", got, err, want)
	}
}

func TestFaultsOfThePlace(t *testing.T) {
	for name, tc := range map[string]struct {
		files     []string
		says, fix []string
	}{
		"several programs": {
			files: []string{"go.mod", module, "cmd/a/main.go", anyMain, "cmd/my b/main.go", anyMain},
			says:  []string{"several programs", "cmd/a, cmd/my b"}, fix: []string{"ccdev.yaml", "- path: cmd/a\n", `(or "cmd/my b")`},
		},
		"several chaincodes": {
			files: []string{"go.mod", module, "a/main.go", chaincodeMain, "b/main.go", chaincodeMain, "tool/main.go", anyMain},
			says:  []string{"package main is in a, b"}, fix: []string{"- path: a\n", "(or b)"},
		},
		"a module in a folder": {
			files: []string{"go.mod", module, "lib.go", library, "chaincode/go.mod", needShim, "chaincode/main.go", chaincodeMain},
			says:  []string{"of its own is in chaincode"}, fix: []string{"- path: chaincode"},
		},
		"a library": {
			files: []string{"go.mod", module, "lib.go", library}, says: []string{"library"}, fix: []string{"func main"},
		},
		"no module": {
			files: []string{"main.go", anyMain}, says: []string{"in no module", "GOPATH"}, fix: []string{"go mod init"},
		},
		"a vendor folder without a module": {
			files: []string{"main.go", anyMain, "vendor/x/x.go", "package x\n"}, says: []string{"in no module"}, fix: []string{"go mod vendor"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := source(t, "cc", tc.files...)
			_, err := golang.Find(dir)
			f := fault.From(err)
			if f == nil || f.Kind != fault.Usage {
				t.Fatalf("the fault is %#v", f)
			}
			for _, s := range append(tc.says, dir) {
				if !strings.Contains(f.What, s) {
					t.Errorf("it does not say %q:\n%s", s, f.What)
				}
			}
			for _, s := range tc.fix {
				if !strings.Contains(f.Fix, s) {
					t.Errorf("the fix is no %q:\n%s", s, f.Fix)
				}
			}
		})
	}
}

// TestTheProjectFileThatIsMeant names the one above, where the chaincode is a path of that.
func TestTheProjectFileThatIsMeant(t *testing.T) {
	dir := source(t, "project", "ccdev.yaml", "name: x\n", "cc/go.mod", module, "cc/a/main.go", anyMain, "cc/b/main.go", anyMain)
	_, err := golang.Find(filepath.Join(dir, "cc"))
	f := fault.From(err)
	if f == nil || !strings.Contains(f.Fix, filepath.Join(dir, "ccdev.yaml")) || !strings.Contains(f.Fix, "- path: cc/a\n") {
		t.Errorf("the fault is %#v", f)
	}
}
