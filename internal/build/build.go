// Package build turns a chaincode's sources into what runs it.
package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/build/dockerfile"
	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/build/node"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// Target is what a program must run on, in Go's words.
type Target struct {
	OS, Arch string
	Here     bool // it will run on this machine, with the C libraries that there are
	Debug    bool // under a debugger
}

// Program builds the Go chaincode in the folder source into the file out, and replaces what was
// there. Faults are of the kind Usage for a folder that holds no chaincode, and Build for one that
// does not build.
func Program(ctx context.Context, source, out string, target Target) (golang.Result, error) {
	if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
		return golang.Result{}, fmt.Errorf("build %s: %w", source, err)
	}
	return golang.Build(ctx, golang.Options{
		Source: source, Out: out, OS: target.OS, Arch: target.Arch, Here: target.Here, Debug: target.Debug,
	})
}

const startOne = `go to a folder with a chaincode, or start one: "ccdev init DIR --template go"`

// Language tells, before anything is built, in which of project's languages the chaincode in the
// folder source is written: the one that lang says, or what the folder looks like. file is the
// Dockerfile's name, where it has another one. A folder that does not hold what it should is a
// fault of the kind Usage.
func Language(lang, source, file string) (string, error) {
	if lang == project.LangExternal {
		return lang, nil // there is nothing to build
	}
	if info, err := os.Stat(source); err != nil || !info.IsDir() {
		return "", fault.New(fault.Usage, "correct the path in ccdev.yaml", "there is no folder %s to build the chaincode from", source)
	}
	if lang == "" || lang == project.LangAuto {
		lang = looksLike(source, file)
	}
	switch lang {
	case "":
		return "", noChaincode(source)
	case project.LangNode:
		return lang, node.Check(source)
	case project.LangDockerfile:
		return lang, dockerfile.Check(source, file)
	}
	if !golang.Detect(source) {
		return "", fault.New(fault.Usage, startOne, "%s is not a Go chaincode: it has no Go files", source)
	}
	_, err := golang.Find(source)
	return lang, err
}

// looksLike is the language that a folder's files speak of, "" for none. What ccdev builds itself
// comes first: many a chaincode has a Dockerfile for later, and a Go one a package.json for its tools.
func looksLike(source, file string) string {
	switch {
	case golang.Detect(source):
		return project.LangGo
	case node.Detect(source):
		return project.LangNode
	case dockerfile.Check(source, file) == nil:
		return project.LangDockerfile
	}
	return ""
}
