package golang_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/fault"
)

const (
	anyMain = "package main\n\nfunc main() {}\n"
	library = "package lib\n\nconst Name = \"lib\"\n"
	usesLib = "package main\n\nimport \"example.com/lib\"\n\nfunc main() { println(lib.Name) }\n"
	needLib = module + "\nrequire example.com/lib v1.0.0\n"
	usesC   = "package main\n\n// int two(void) { return 2; }\nimport \"C\"\n\nfunc main() { println(C.two()) }\n"
)

var packageTwo = strings.NewReplacer("package main", "package two", "main()", "Two()").Replace(usesC)

// TestFaultsOfTheToolchain has the real go command fail in each of the ways that ccdev explains.
func TestFaultsOfTheToolchain(t *testing.T) {
	needGo(t)
	for name, tc := range map[string]struct {
		files     []string
		at        string // folder of the chaincode
		env       string
		here      bool
		says, fix string
	}{
		"a newer Go than there is": {
			files: []string{"go.mod", "module example\n\ngo 1.99\n", "main.go", anyMain},
			env:   "GOTOOLCHAIN=local", says: "newer Go than the one on this machine:", fix: "GOTOOLCHAIN=auto",
		},
		"a newer Go that cannot be fetched": {
			files: []string{"go.mod", "module example\n\ngo 1.99\n", "main.go", anyMain},
			env:   "GOTOOLCHAIN=auto", says: "cannot be fetched", fix: "install that Go",
		},
		"no network": {
			files: []string{
				"go.mod", needLib, "go.sum", "example.com/lib v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" +
					"example.com/lib v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "main.go", usesLib,
			},
			says: "cannot be fetched", fix: "go mod download",
		},
		"a network that does not answer": {
			files: []string{
				"go.mod", needLib, "go.sum", "example.com/lib v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" +
					"example.com/lib v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "main.go", usesLib,
			},
			env: "GOPROXY=http://127.0.0.1:1", says: "cannot be fetched", fix: "go mod download",
		},
		"no go.sum": {files: []string{"go.mod", needLib, "main.go", usesLib}, says: "lacks something", fix: "go mod tidy"},
		"not required": {
			files: []string{"go.mod", module, "main.go", usesLib}, says: "lacks something", fix: "go mod tidy",
		},
		"a vendor folder that is out of date": {
			files: []string{"go.mod", needLib, "main.go", usesLib, "vendor/modules.txt", "# example.com/lib v0.9.0\n## explicit\n"},
			says:  "vendor folder is not what", fix: "go mod vendor",
		},
		"a vendor folder that lacks a package": {
			files: []string{"go.mod", needLib, "main.go", usesLib, "vendor/modules.txt", "# example.com/lib v1.0.0\n## explicit\nexample.com/lib\n"},
			says:  "vendor folder lacks", fix: "go mod vendor",
		},
		"a vendor folder that does not know a package": {
			files: []string{"go.mod", needLib, "main.go", usesLib, "vendor/modules.txt", "# example.com/lib v1.0.0\n## explicit\n"},
			says:  "vendor folder lacks", fix: "go mod vendor",
		},
		"newer Go than its go line": {
			files: []string{"go.mod", "module example\n\ngo 1.13\n", "main.go", "package main\n\nfunc of[T any](T) {}\n\nfunc main() { of(1) }\n"},
			says:  "the go line", fix: "go mod edit -go=",
		},
		"a workspace without it": {
			files: []string{"go.work", "go 1.24\n\nuse ./other\n", "other/go.mod", "module other\n", "cc/go.mod", module, "cc/main.go", anyMain},
			at:    "cc", says: "go.work above it does not list it", fix: "go work use",
		},
		"a replace that leads nowhere": {
			files: []string{"go.mod", needLib + "\nreplace example.com/lib => ../lib\n", "main.go", usesLib},
			says:  "leads to no module", fix: "correct the replace",
		},
		"a go.mod with a mistake": {
			files: []string{"go.mod", module + "\nrequire it\n", "main.go", anyMain}, says: "cannot be read", fix: "correct the line",
		},
		"an import as in a GOPATH": {
			files: []string{"go.mod", module, "main.go", "package main\n\nimport \"mycc/lib\"\n\nfunc main() { lib.X() }\n", "lib/lib.go", library},
			says:  "neither of the standard library nor of a module", fix: "module's name",
		},
		"a chaincode for Fabric 1": {
			files: []string{"go.mod", module, "main.go", "package main\n\nimport \"github.com/hyperledger/fabric/core/chaincode/shim\"\n\nfunc main() { shim.Start(nil) }\n"},
			says:  "written for Fabric 1", fix: "fabric-chaincode-go/v2/shim",
		},
		"no func main": {
			files: []string{"go.mod", module, "main.go", "package main\n"}, says: "it is no program", fix: "func main",
		},
		"C in a container": {
			files: []string{"go.mod", module, "main.go", usesC}, says: "needs C, in .", fix: "write a Dockerfile",
		},
		"C in a part of the program, in a container": {
			files: []string{"go.mod", module, "main.go", "package main\n\nfunc main() { println(two()) }\n", "two.go", strings.Replace(usesC, "main() { println(C.two()) }", "two() C.int { return C.two() }", 1)},
			says:  "needs C, in .", fix: "lang: dockerfile",
		},
		"C in a package of its own, in a container": {
			files: []string{"go.mod", module, "main.go", "package main\n\nimport \"example/two\"\n\nfunc main() { two.Two() }\n",
				"two/two.go", packageTwo},
			says: "needs C, in two", fix: "write a Dockerfile",
		},
		"C that nothing but the chaincode's caller asks for, in a container": {
			files: []string{"go.mod", module, "main.go", anyMain, "two.go", strings.Replace(usesC, "main()", "two()", 1)},
			says:  "needs C, in .", fix: "lang: dockerfile",
		},
		"C without a compiler": {
			files: []string{"go.mod", module, "main.go", usesC}, here: true, env: "CC=no-such-compiler", says: "no C compiler", fix: "install one",
		},
		"an undefined name beside C": {
			files: []string{"go.mod", module, "main.go", "package main\n\nfunc main() { nope() }\n",
				"two/two.go", packageTwo},
			says: "undefined: nope", fix: "correct the source",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(source(t, "cc", tc.files...), tc.at)
			offline(t)
			t.Setenv("GOWORK", "")
			if name, value, set := strings.Cut(tc.env, "="); set {
				t.Setenv(name, value)
			}
			_, err := golang.Build(t.Context(), golang.Options{
				Source: dir, Out: filepath.Join(t.TempDir(), "out"), OS: runtime.GOOS, Arch: runtime.GOARCH, Here: tc.here,
			})
			f := fault.From(err)
			if f == nil || f.Kind != fault.Build || !strings.Contains(f.What, tc.says) || !strings.Contains(f.Fix, tc.fix) || strings.Contains(f.Fix, "MODULE") {
				t.Errorf("the fault is %#v", f)
			}
			t.Logf("%s\nfix: %s", f.What, f.Fix)
		})
	}
}
