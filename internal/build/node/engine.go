package node

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// engines says what a package needs to run. Some old ones have something else there.
type engines struct{ Node string }

// UnmarshalJSON implements json.Unmarshaler.
func (e *engines) UnmarshalJSON(text []byte) error {
	var is struct{ Node any }
	if json.Unmarshal(text, &is) == nil {
		e.Node, _ = is.Node.(string)
	}
	return nil
}

// place is where the build is, and how Node gets there.
func (b *builder) place() (name, fix string) {
	if b.Image != "" {
		return "the image " + b.Image, "set image in ccdev.yaml to one that has it, such as node:22-slim, and run \"ccdev up\""
	}
	return "this machine", "install Node 18 or newer (https://nodejs.org), and see that it is on your PATH; or use Docker: \"ccdev up --runtime docker\""
}

// findNode sees that Node and npm are there, and asks for Node's version.
func (b *builder) findNode(ctx context.Context) error {
	place, fix := b.place()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			return fault.New(fault.Build, fix, "the chaincode cannot be built: %s has no %s command", place, name)
		}
	}
	version, err := exec.CommandContext(ctx, "node", "--version").Output()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return fault.New(fault.Build, fix, "the chaincode cannot be built: node does not run in %s: %w\n%s", place, err, lastLines(string(exit.Stderr), 5))
		}
		return fault.New(fault.Build, fix, "the chaincode cannot be built: node does not run in %s: %w", place, err)
	}
	b.version = strings.TrimSpace(string(version))
	return nil
}

// checkEngine finds a Node that is too old for the chaincode's libraries: it would end with errors
// that do not say so. What the project itself asks for is only said, as npm and Fabric only do.
func (b *builder) checkEngine() error {
	place, fix := b.place()
	text, err := os.ReadFile(filepath.Join(b.dir, "node_modules", shimPackage, manifestFile))
	var shim struct {
		Version string
		Engines engines
	}
	if err == nil && json.Unmarshal(text, &shim) == nil && tooOld(b.version, shim.Engines.Node) {
		return fault.New(fault.Build, fix, "%s has Node %s, and %s %s needs %s", place, b.version, shimPackage, shim.Version, shim.Engines.Node)
	}
	return nil
}

// tooOld tells whether a version of Node is before all that a range of npm's allows. What cannot
// be understood is not.
func tooOld(version, wanted string) bool {
	have, known := major(version)
	for _, one := range strings.Split(wanted, "||") {
		one = strings.TrimSpace(one)
		least, bounded := major(strings.TrimLeft(one, "^~>=v "))
		if !known || !bounded || have >= least {
			return false
		}
	}
	return true
}

// major is the number that a version begins with.
func major(version string) (int, bool) {
	text, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	text, _, _ = strings.Cut(text, " ")
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// requiresModules tells whether require() loads ES modules too: since Node 20.19 and 22.12. What
// cannot be understood does.
func requiresModules(version string) bool {
	var minor int
	n, known := major(version)
	if _, rest, found := strings.Cut(version, "."); found {
		minor, _ = major(rest)
	}
	switch {
	case !known || n > 22:
		return true
	case n == 22:
		return minor >= 12
	default:
		return n == 20 && minor >= 19
	}
}
