// Package extbuilder is Fabric's external builder for chaincode that runs as a service: detect, build, release.
package extbuilder

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/fault"
)

// ErrNotOurs is Detect's answer to a package of another type. The peer then asks the next builder.
var ErrNotOurs = errors.New("this builder takes packages of the types ccaas and external only")

// ConfigVariable holds a JSON object with the values for the templates in a connection. It
// reaches the builder only if the peer's chaincode.externalBuilders entry names it in
// propagateEnvironment.
const ConfigVariable = "CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG"

// commands are what the peer runs, each with the names of its arguments
// (core/container/externalbuilder/externalbuilder.go).
var commands = map[string]struct {
	args []string
	run  func(args []string, env func(string) string) error
}{
	"detect": {[]string{"SOURCE", "METADATA"},
		func(args []string, _ func(string) string) error { return Detect(args[0], args[1]) }},
	"build": {[]string{"SOURCE", "METADATA", "OUTPUT"},
		func(args []string, env func(string) string) error { return Build(args[0], args[1], args[2], env) }},
	"release": {[]string{"BUILD_OUTPUT", "RELEASE_OUTPUT"},
		func(args []string, _ func(string) string) error { return Release(args[0], args[1]) }},
	CopyProgram: {[]string{"FOLDER"},
		func(args []string, _ func(string) string) error { return Copy(args[0]) }},
}

// Programs are the names that a peer calls the builder by.
func Programs() []string { return []string{"detect", "build", "release"} }

// CopyProgram is the name that an init container calls the builder by, which puts it where a peer
// looks for it.
const CopyProgram = "copy"

// Run does what the peer asks for by name: detect, build or release; or what an init container does. The peer logs what the
// caller writes to stderr, and takes any exit code but 0 as a failure, or as a "no" to detect.
// The environment is read through env, as os.Getenv does.
func Run(name string, args []string, env func(string) string) error {
	command, ok := commands[name]
	if !ok {
		return fault.New(fault.Usage, "Call it as detect, build or release.", "the builder has no command %q", name)
	}
	if len(args) != len(command.args) {
		return fault.New(fault.Usage, "Let the peer call it: "+name+" "+strings.Join(command.args, " ")+".",
			"%s was given %d arguments, and takes %d", name, len(args), len(command.args))
	}
	return command.run(args, env)
}

// Detect claims a package by the type in METADATA/metadata.json: nil for ours, ErrNotOurs for
// the others. Another error says that the type cannot be known.
func Detect(_, metadata string) error {
	data, err := readFile(metadata, ccpackage.MetadataFile)
	if err != nil {
		return err
	}
	var m ccpackage.Metadata
	if err := json.Unmarshal(data, &m); err != nil {
		return fault.New(fault.Lifecycle, `Write it as {"type": "ccaas", "label": "basic_1.0"}.`,
			"%s of the package is not the JSON object it should be: %w", ccpackage.MetadataFile, err)
	}
	if !ccpackage.IsService(m.Type) {
		return fmt.Errorf("the package is of the type %q: %w", m.Type, ErrNotOurs)
	}
	return nil
}
