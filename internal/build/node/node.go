// Package node builds Node chaincodes, in JavaScript and in TypeScript: dependencies once per
// lock file, what the project compiles at every change, and a bundle of it all.
package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/fault"
)

// manifest is what is read of a package.json.
type manifest struct {
	Name                 string            `json:"name"`
	Main                 string            `json:"main"`
	Type                 string            `json:"type"`
	Scripts              map[string]string `json:"scripts"`
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	Overrides            json.RawMessage   `json:"overrides"`
	Workspaces           json.RawMessage   `json:"workspaces"`
	Engines              engines           `json:"engines"`
}

const manifestFile = "package.json"

// The packages that a chaincode is written with.
const (
	shimPackage     = "fabric-shim"
	contractPackage = "fabric-contract-api"
)

// Detect tells whether the folder holds a Node project.
func Detect(source string) bool {
	_, err := os.Stat(filepath.Join(source, manifestFile))
	return err == nil
}

// Check tells whether the folder holds a Node chaincode. Faults are of the kind Usage.
func Check(source string) error {
	m, err := readManifest(source)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Usage, `correct the path in ccdev.yaml, or make a project there: "npm init"`,
			"%s is not a Node chaincode: it has no %s", source, manifestFile)
	}
	if err != nil {
		return fault.New(fault.Usage, "correct that file", "%s cannot be read: %w", filepath.Join(source, manifestFile), err)
	}
	if m.Dependencies[shimPackage] == "" && m.Dependencies[contractPackage] == "" {
		if m.Workspaces != nil {
			return fault.New(fault.Usage, "set path in ccdev.yaml to the folder of the workspace that is the chaincode",
				"%s holds workspaces, and no chaincode itself: its dependencies have neither %s nor %s", source, shimPackage, contractPackage)
		}
		return fault.New(fault.Usage, "add what it is written with: \"npm install "+contractPackage+" "+shimPackage+"\"",
			"%s holds a Node project, but no chaincode: its dependencies have neither %s nor %s", source, shimPackage, contractPackage)
	}
	return checkLocal(source, m)
}

func parse(text []byte) (m manifest, err error) {
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("it is not the JSON it should be: %w", err)
	}
	return m, nil
}

// Pack writes the sources in a folder as a bundle, for Build to read: all but what is made of
// them elsewhere, or is not the project's own. The user's settings go along. Faults are of the
// kind Usage.
func Pack(w io.Writer, source string, own Settings) error {
	entries, err := bundle.Files(source, func(name string, isDir bool) bool {
		if isDir {
			return Skipped(path.Base(name))
		}
		return strings.HasSuffix(name, ".tsbuildinfo")
	})
	if err == nil {
		entries, err = own.pack(entries)
	}
	if err == nil {
		err = bundle.Write(w, bundle.Manifest{}, entries)
	}
	if err != nil {
		return fault.New(fault.Usage, "make all files of the chaincode readable", "cannot take the sources in %s: %w", source, err)
	}
	return nil
}

// Skipped tells whether a folder of this name holds nothing of a chaincode's sources.
func Skipped(name string) bool {
	return name == "node_modules" || name == ".git" || name == ".ccdev"
}
