package templates_test

import (
	"encoding/json"
	"errors"
	"go/format"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/templates"
)

// needed are the files that a template has besides its sources.
var needed = map[string][]string{
	"go":         {"go.mod", "go.sum", "main.go", "asset_test.go"},
	"go-shim":    {"go.mod", "go.sum", "main.go", "main_test.go"},
	"javascript": {"package.json", "package-lock.json", "index.js", "assetContract.test.js"},
	"typescript": {"package.json", "package-lock.json", "tsconfig.json", "src/index.ts", "src/assetContract.test.ts"},
}

func TestEveryTemplateRenders(t *testing.T) {
	names := templates.Names()
	if !slices.Equal(names, slices.Sorted(maps.Keys(needed))) {
		t.Errorf("the templates are %q", names)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			written, err := templates.Write(name, dir, templates.Values{Name: "my-assets"})
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range append(needed[name], ".gitignore", ".dockerignore", "README.md", "Dockerfile") {
				if !slices.Contains(written, filepath.FromSlash(file)) {
					t.Errorf("%s is not among %q", file, written)
				}
			}
			if there := list(t, dir); !slices.Equal(there, written) {
				t.Errorf("it says %q, and wrote %q", written, there)
			}
			for _, file := range written {
				checkText(t, file, read(t, filepath.Join(dir, file)))
			}
		})
	}
}

// checkText sees that a file is whole, and named after the chaincode where it has a name.
func checkText(t *testing.T, file, text string) {
	t.Helper()
	if strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
		t.Errorf("%s is not rendered:\n%s", file, text)
	}
	switch {
	case filepath.Ext(file) == ".go":
		if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
			t.Errorf("%s is not as gofmt has it (%v)", file, err)
		}
	case file == "go.mod":
		if !strings.HasPrefix(text, "module example.com/my-assets\n") {
			t.Errorf("go.mod begins with %.40q", text)
		}
	case filepath.Ext(file) == ".json":
		var is struct{ Name string }
		if err := json.Unmarshal([]byte(text), &is); err != nil || is.Name != "my-assets" && file != "tsconfig.json" {
			t.Errorf("%s is of %q (%v)", file, is.Name, err)
		}
	}
}

func TestWriteSparesWhatIsThere(t *testing.T) {
	for name, there := range map[string]string{
		"a source":           "main.go",
		"the last to come":   "asset.go",
		"one under a dot":    ".gitignore",
		"a broken link":      "go.mod",
		"a folder of a name": "README.md",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, there)
			var err error
			switch there {
			case "go.mod":
				err = os.Symlink(filepath.Join(dir, "nowhere"), path)
			case "README.md":
				err = os.Mkdir(path, 0o700)
			default:
				err = os.WriteFile(path, []byte("mine"), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			written, err := templates.Write("go", dir, templates.Values{Name: "x"})
			if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) || len(written) > 0 {
				t.Errorf("wrote %q: %v", written, err)
			}
			if got := list(t, dir); !slices.Equal(got, []string{there}) {
				t.Errorf("the folder now holds %q", got)
			}
		})
	}
}

func TestWriteKeepsOtherFiles(t *testing.T) {
	dir := t.TempDir()
	notes := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(notes, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := templates.Write("go-shim", dir, templates.Values{Name: "x"}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, notes); got != "mine" {
		t.Errorf("the user's file became %q", got)
	}
}

func TestWriteFails(t *testing.T) {
	if _, err := templates.Write("cobol", t.TempDir(), templates.Values{}); err == nil || !strings.Contains(err.Error(), "cobol") {
		t.Errorf("an unknown template: %v", err)
	}
	if _, err := templates.Write("go", filepath.Join(t.TempDir(), "none"), templates.Values{}); err == nil {
		t.Error("a folder that is not there was written to")
	}
}

// list gives the files below dir, sorted; a link and an empty folder count as files.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		if below, err := os.ReadDir(path); e.IsDir() && (err != nil || len(below) > 0) {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
