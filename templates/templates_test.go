package templates_test

import (
	"errors"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/templates"
)

func TestEveryTemplateRenders(t *testing.T) {
	names := templates.Names()
	if !slices.Equal(names, []string{"go", "go-shim"}) {
		t.Errorf("the templates are %q", names)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			written, err := templates.Write(name, dir, templates.Values{Name: "my-assets"})
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{".gitignore", "README.md", "go.mod", "go.sum", "main.go"} {
				if !slices.Contains(written, file) {
					t.Errorf("%s is not among %q", file, written)
				}
			}
			if there := list(t, dir); !slices.Equal(there, written) {
				t.Errorf("it says %q, and wrote %q", written, there)
			}
			for _, file := range written {
				text := read(t, filepath.Join(dir, file))
				if strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
					t.Errorf("%s is not rendered:\n%s", file, text)
				}
				if filepath.Ext(file) != ".go" {
					continue
				}
				if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
					t.Errorf("%s is not as gofmt has it (%v)", file, err)
				}
			}
			if got := read(t, filepath.Join(dir, "go.mod")); !strings.HasPrefix(got, "module my-assets\n") {
				t.Errorf("go.mod begins with %.40q", got)
			}
		})
	}
}

func TestEveryTemplatePassesVet(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the chaincodes' modules")
	}
	for _, name := range templates.Names() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := templates.Write(name, dir, templates.Values{Name: "my-assets"}); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "go", "vet", "-mod=readonly", ".")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "dial tcp") {
				t.Skipf("the modules cannot be fetched here: %s", out)
			}
			if err != nil {
				t.Errorf("go vet: %v\n%s", err, out)
			}
		})
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

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
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
