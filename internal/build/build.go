// Package build turns a chaincode's sources into a program that runs it.
package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/fault"
)

// Target is what a program must run on, in Go's words.
type Target struct{ OS, Arch string }

// Program builds the chaincode in the folder source into the file out, and replaces what was
// there. lang is "go", or "auto" (or empty) for what the folder looks like. Faults are of the
// kind Usage for a folder that holds no chaincode, and Build for one that does not build.
func Program(ctx context.Context, lang, source, out string, target Target) (golang.Result, error) {
	if err := Check(lang, source); err != nil {
		return golang.Result{}, err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
		return golang.Result{}, fmt.Errorf("build %s: %w", source, err)
	}
	return golang.Build(ctx, golang.Options{Source: source, Out: out, OS: target.OS, Arch: target.Arch})
}

const startOne = `go to a folder with a chaincode, or start one: "ccdev init DIR --template go"`

// Check tells, before anything is built, whether the folder source holds sources that can be.
func Check(lang, source string) error {
	if info, err := os.Stat(source); err != nil || !info.IsDir() {
		return fault.New(fault.Usage, "correct the path in ccdev.yaml", "there is no folder %s to build the chaincode from", source)
	}
	if golang.Detect(source) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(source, "package.json")); err == nil && lang != "go" {
		return fault.New(fault.Usage, "use a Go chaincode: ccdev cannot build other languages yet",
			"%s holds a Node project, and ccdev builds Go only", source)
	}
	return fault.New(fault.Usage, startOne, "%s is not a chaincode folder: it has no Go files", source)
}
