package golang_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/fault"
)

// TestVendor builds what only a vendor folder has, as there is no network.
func TestVendor(t *testing.T) {
	needGo(t)
	const explicit = "# example.com/lib v1.0.0\n## explicit\nexample.com/lib\n"
	need := strings.Replace(needLib, "go 1.24\n", "GO\n", 1)
	for name, tc := range map[string]struct {
		goLine, modules string
		more            []string
		flags           string
		says            string
	}{
		"of today":                    {goLine: "go 1.24", modules: explicit},
		"of Go 1.13":                  {goLine: "go 1.13", modules: "# example.com/lib v1.0.0\nexample.com/lib\n"},
		"of Go 1.11":                  {modules: "# example.com/lib v1.0.0\nexample.com/lib\n"},
		"that is not wanted":          {goLine: "go 1.13", modules: explicit, flags: "-mod=mod", says: "cannot be fetched"},
		"of a module, in a workspace": {goLine: "go 1.13", modules: explicit, more: []string{"go.work", "go 1.24\n\nuse .\n"}, says: "cannot be fetched"},
	} {
		t.Run(name, func(t *testing.T) {
			files := append([]string{
				"go.mod", strings.Replace(need, "GO", tc.goLine, 1), "main.go", usesLib,
				"vendor/modules.txt", tc.modules, "vendor/example.com/lib/lib.go", library,
			}, tc.more...)
			dir := source(t, "cc", files...)
			offline(t)
			t.Setenv("GOFLAGS", tc.flags)
			t.Setenv("GOWORK", "")
			_, err := golang.Build(t.Context(), golang.Options{
				Source: dir, Out: filepath.Join(t.TempDir(), "out"), OS: runtime.GOOS, Arch: runtime.GOARCH,
			})
			if tc.says == "" {
				tc.says = "no chaincode" // it builds
			}
			if f := fault.From(err); f == nil || !strings.Contains(f.What, tc.says) {
				t.Errorf("the fault is %v", err)
			}
		})
	}
}
