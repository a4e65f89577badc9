package golang_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/build/golang"
)

func TestRead(t *testing.T) {
	needGo(t)
	const named = "module example.com/lib\n"
	for name, tc := range map[string]struct {
		at        string // folder of the chaincode
		files     []string
		env       string // GOWORK
		modules   []string
		workspace string
	}{
		"a module":                {files: []string{"go.mod", module}, modules: []string{"."}},
		"a folder of a module":    {at: "cmd/cc", files: []string{"go.mod", module, "cmd/cc/main.go", anyMain}, modules: []string{"."}},
		"no module":               {files: []string{"main.go", anyMain}},
		"a go.mod with a mistake": {files: []string{"go.mod", module + "\nreplace\n"}, modules: []string{"."}},
		"a replace": {
			at:      "cc",
			files:   []string{"cc/go.mod", needLib + "\nreplace example.com/lib => ../lib\n", "lib/go.mod", named},
			modules: []string{"cc", "lib"},
		},
		"replaces below, by a version, and by what is not there": {
			at: "cc",
			files: []string{
				"cc/go.mod", needLib + "\nreplace (\n\texample.com/lib => ./lib\n\ta.example => ../none\n\tb.example => c.example v1.0.0\n)\n",
				"cc/lib/go.mod", named,
			},
			modules: []string{"cc", "none"},
		},
		"what a replacement replaces is for others": {
			at: "cc",
			files: []string{
				"cc/go.mod", needLib + "\nreplace example.com/lib => ../lib\n",
				"lib/go.mod", named + "\nreplace a.example => ../other\n", "other/go.mod", named,
			},
			modules: []string{"cc", "lib"},
		},
		"a workspace": {
			at: "cc",
			files: []string{
				"go.work", "go 1.24\n\nuse (\n\t./cc\n\t./lib\n)\n\nreplace b.example => ./b\n", "b/go.mod", named,
				"cc/go.mod", module, "lib/go.mod", named + "\nreplace a.example => ../a\n", "a/go.mod", named,
			},
			modules: []string{"cc", "lib", "b", "a"}, workspace: ".",
		},
		"a workspace whose root is a module": {
			at:      "cc",
			files:   []string{"go.work", "go 1.24\n\nuse (\n\t.\n\t./cc\n)\n", "go.mod", named, "cc/go.mod", module},
			modules: []string{"."},
		},
		"a workspace that is turned off": {
			at: "cc", env: "off",
			files:   []string{"go.work", "go 1.24\n\nuse (\n\t./cc\n\t./lib\n)\n", "cc/go.mod", module, "lib/go.mod", named},
			modules: []string{"cc"},
		},
		"a newer Go than there is": {
			at:      "cc",
			files:   []string{"cc/go.mod", "module example\n\ngo 1.99\n\nreplace example.com/lib => ../lib\n", "lib/go.mod", named},
			modules: []string{"cc", "lib"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := source(t, "a [dir]", tc.files...)
			offline(t)
			t.Setenv("GOWORK", tc.env)
			got := golang.Read(t.Context(), filepath.Join(dir, tc.at))
			var want []string
			for _, m := range tc.modules {
				want = append(want, filepath.Join(dir, m))
			}
			workspace := ""
			if tc.workspace != "" {
				workspace = filepath.Join(dir, tc.workspace)
			}
			if !slices.Equal(got.Modules, want) || got.Workspace != workspace {
				t.Errorf("it reads %q, want %q; the workspace is %q, want %q", got.Modules, want, got.Workspace, workspace)
			}
		})
	}
}
