package binaries

import (
	"embed"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// A go.mod may not be embedded under its own name, hence the .txt.
//
//go:embed modules
var modules embed.FS

// module is a Go module that requires one Fabric version, and pins all that it needs.
type module struct {
	version  string            // of Fabric
	files    map[string][]byte // by name
	goNeeded string            // "1.24.2"
	requires []string          // module paths, all those with a package that is needed
}

// Versions are the Fabric versions that can be compiled, in order. Pulled images can be of any.
func Versions() []string {
	entries, err := modules.ReadDir("modules")
	if err != nil {
		return nil // the folder is part of this program
	}
	versions := make([]string, 0, len(entries))
	for _, entry := range entries {
		versions = append(versions, entry.Name())
	}
	return versions
}

func moduleOf(version string) (module, error) {
	if !slices.Contains(Versions(), version) {
		known := strings.Join(Versions(), ", ")
		return module{}, fault.New(fault.Usage, "set fabric to one of these in ccdev.yaml, or use Docker, for which there are images of every version",
			"Fabric %s cannot be compiled on this machine: ccdev can compile %s", version, known)
	}
	m := module{version: version, files: map[string][]byte{}}
	for _, name := range []string{"go.mod", "go.sum", "tools.go"} {
		data, err := modules.ReadFile(path.Join("modules", version, name+".txt"))
		if err != nil {
			return module{}, fmt.Errorf("modules of Fabric %s: %w", version, err)
		}
		m.files[name] = data
	}
	m.goNeeded, m.requires = parseGoMod(string(m.files["go.mod"]))
	return m, nil
}

// parseGoMod reads the two directives that a tidy go.mod without replacements has.
func parseGoMod(text string) (goNeeded string, requires []string) {
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.TrimPrefix(line, "require "))
		switch {
		case len(words) < 2:
		case words[0] == "go":
			goNeeded = words[1]
		case strings.HasPrefix(words[1], "v"):
			requires = append(requires, words[0])
		}
	}
	return goNeeded, requires
}

func (m module) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range m.files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
