package golang_test

import (
	"debug/buildinfo"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/fault"
)

// TestWithC builds for the machine it is on, with C only where that is asked for.
func TestWithC(t *testing.T) {
	needGo(t)
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler")
	}
	for name, tc := range map[string]struct {
		files []string
		cgo   string
	}{
		"without":                   {[]string{"main.go", anyMain}, "0"},
		"in the main package":       {[]string{"main.go", usesC}, "1"},
		"in a file of its own":      {[]string{"main.go", anyMain, "two.go", strings.Replace(usesC, "main()", "two()", 1)}, "1"},
		"in a package of its own":   {[]string{"main.go", "package main\n\nimport \"example/two\"\n\nfunc main() { two.Two() }\n", "two/two.go", packageTwo}, "1"},
		"where it is not necessary": {[]string{"main.go", "package main\n\nimport _ \"example/two\"\n\nfunc main() {}\n", "two/two.go", packageTwo, "two/go.go", "package two\n"}, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			offline(t)
			out := filepath.Join(t.TempDir(), "out")
			dir := source(t, "cc", append(tc.files, "go.mod", module)...)
			for range 2 { // the second build follows the first
				_, err := golang.Build(t.Context(), golang.Options{Source: dir, Out: out, OS: runtime.GOOS, Arch: runtime.GOARCH, Here: true})
				if f := fault.From(err); f == nil || !strings.Contains(f.What, "no chaincode") { // it builds
					t.Fatalf("the fault is %#v", f)
				}
				info, err := buildinfo.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: tc.cgo}) {
					t.Errorf("it is not built with CGO_ENABLED=%s", tc.cgo)
				}
			}
		})
	}
}
