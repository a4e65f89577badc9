package project_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

func TestNameOf(t *testing.T) {
	for folder, want := range map[string]string{
		"/a/assets": "assets", "/a/My Assets": "my-assets", "/a/assets (copy)": "assets-copy", "/a/_x_": "x", "/a/café": "caf",
		"/a/链码": "chaincode", "/a/...": "chaincode", "/": "chaincode", "/a/a--b": "a-b", "/a/123": "123", "rel/b/": "b", "": "chaincode",
		"/a/" + strings.Repeat("asset-", 20): "asset-asset-asset-asset-asset-asset-asse", "/a/" + strings.Repeat("a", 39) + "-b": strings.Repeat("a", 39),
	} {
		if got := project.NameOf(folder); got != want {
			t.Errorf("the name of %q is %q, want %q", folder, got, want)
		}
	}
}

func TestAnyFolderMakesAValidProject(t *testing.T) {
	for _, name := range []string{"with space", "ünïcode", "链码", "UPPER", "a*b?[c]", "-dash", "_", "1.0", "a.b_c", "'quoted\"", "$HOME", "%d"} {
		t.Run(name, func(t *testing.T) {
			p := load(t, folder(t, name, "-"), project.Overrides{})
			if filepath.Base(p.Dir) != name || p.Chaincodes[0].Path != p.Dir {
				t.Errorf("the folder is %s, and the chaincode's %s", p.Dir, p.Chaincodes[0].Path)
			}
		})
	}
}

func TestID(t *testing.T) {
	a := project.Project{Dir: "/a", Name: "x"}
	if got := a.ID(); got != (project.Project{Dir: "/a", Name: "y"}).ID() || !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(got) {
		t.Errorf("the ID is %q, and should be 8 hex digits that the folder alone decides", got)
	}
	if a.ID() == (project.Project{Dir: "/b"}).ID() {
		t.Error("two folders have one ID")
	}
}

func TestFind(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"file/sub/deep", "state/.ccdev", "state/sub", "outer/inner/sub", "nothing/sub", "state/.ccdev/nodes", "state/module/sub", "file/module"} {
		mkdir(t, filepath.Join(root, dir))
	}
	write(t, filepath.Join(root, "file", project.FileName), "")
	write(t, filepath.Join(root, "state", ".ccdev", "network.json"), "{}")
	write(t, filepath.Join(root, "outer", project.FileName), "")
	write(t, filepath.Join(root, "outer", "inner", project.FileName), "")
	write(t, filepath.Join(root, "state", "module", "go.mod"), "")
	write(t, filepath.Join(root, "file", "module", "go.mod"), "")
	write(t, filepath.Join(root, "plain"), "")
	for link, target := range map[string]string{"link": "file", "deep": "file/sub/deep", "broken": "not/there"} {
		if err := os.Symlink(filepath.Join(root, target), filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct{ dir, want string }{
		"the folder itself":             {"file", "file"},
		"from below":                    {"file/sub/deep", "file"},
		"by a network's state":          {"state/sub", "state"},
		"from within the state":         {"state/.ccdev/nodes", "state"},
		"the nearest":                   {"outer/inner/sub", "outer/inner"},
		"none: the folder itself":       {"nothing/sub", "nothing/sub"},
		"a module of another project":   {"state/module/sub", "state/module/sub"},
		"a module that a file may name": {"file/module", "file"},
		"through a link":                {"link", "file"},
		"through a link to below":       {"deep", "file"},
		"through a link, then below it": {"link/sub", "file"},
		"a path that is not clean":      {"file/sub/../sub/deep/", "file"},
		"not a folder":                  {"plain", ""},
		"not there":                     {"nope", ""},
		"a link to nothing":             {"broken", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := project.Find(root + "/" + tc.dir)
			if tc.want == "" {
				if f := fault.From(err); f == nil || f.Kind != fault.Usage || f.Fix == "" {
					t.Errorf("found %s, error %v: want a usage fault", got, err)
				}
				return
			}
			if err != nil || got != filepath.Join(root, tc.want) {
				t.Errorf("found %s (%v), want %s", got, err, tc.want)
			}
		})
	}
	t.Run("a relative path", func(t *testing.T) {
		t.Chdir(filepath.Join(root, "file", "sub"))
		if got, err := project.Find("."); err != nil || got != filepath.Join(root, "file") {
			t.Errorf("found %s (%v)", got, err)
		}
	})
}
