package build_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/fault"
)

func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, files[i])), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLanguage(t *testing.T) {
	goDir := folder(t, "go.mod", "module example", "main.go", "package main", "package.json", "{}")
	gopath := folder(t, "main.go", "package main")
	nodeDir := folder(t, "package.json", `{"dependencies": {"fabric-contract-api": "2"}}`)
	noChaincode := folder(t, "package.json", `{"dependencies": {"express": "4"}}`)
	damaged := folder(t, "package.json", `{"dependencies": [}`)
	docker := folder(t, "Dockerfile", "FROM scratch")
	empty := folder(t)
	beside := folder(t, "README.md", "", "app/package.json", `{"dependencies": {"express": "4"}}`,
		"cc/js/package.json", "{}", "js/package.json", `{"dependencies": {"fabric-shim": "2"}}`,
		"cc/go/go.mod", "module example\n\nrequire github.com/hyperledger/fabric-chaincode-go v1.0.0\n")
	for name, tc := range map[string]struct {
		lang, dir  string
		want, says string
	}{
		"Go":                   {"", goDir, "go", ""},
		"Go by name":           {"go", goDir, "go", ""},
		"Go, to be found":      {"auto", goDir, "go", ""},
		"Go without a module":  {"", gopath, "", "no go.mod"},
		"Node":                 {"", nodeDir, "node", ""},
		"Node by name":         {"node", nodeDir, "node", ""},
		"a Dockerfile":         {"", docker, "dockerfile", ""},
		"a Dockerfile by name": {"dockerfile", docker, "dockerfile", ""},
		"no Dockerfile":        {"dockerfile", goDir, "", "Dockerfile"},
		"external":             {"external", filepath.Join(empty, "none"), "external", ""},
		"neither":              {"auto", empty, "", "neither Go files, nor a package.json, nor a Dockerfile"},
		"neither, but below":   {"", beside, "", "there is a chaincode in cc/go, js"},
		"Go that is not there": {"go", empty, "", "no Go files"},
		"Node said to be Go":   {"go", nodeDir, "", "no Go files"},
		"Go said to be Node":   {"node", goDir, "", "no chaincode"},
		"Node, no chaincode":   {"", noChaincode, "", "neither fabric-shim nor fabric-contract-api"},
		"Node, damaged":        {"", damaged, "", "cannot be read"},
		"Node not there":       {"node", empty, "", "it has no package.json"},
		"no folder":            {"", filepath.Join(empty, "none"), "", "there is no folder"},
		"a file":               {"", filepath.Join(goDir, "main.go"), "", "there is no folder"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := build.Language(tc.lang, tc.dir, "")
			if tc.says == "" {
				if got != tc.want || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if f := fault.From(err); f == nil || f.Kind != fault.Usage || f.Fix == "" || !strings.Contains(f.What, tc.says) {
				t.Errorf("the fault is %#v", f)
			}
		})
	}
}
