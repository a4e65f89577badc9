package golang

import (
	"context"
	"debug/buildinfo"
	"go/build"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// compile builds without cgo, which makes a program that runs in an empty container, or else with
// it. Without it the go command leaves out the files that import "C": in a chaincode's main package
// that would be missed, elsewhere there mostly is Go code instead.
func (b builder) compile(ctx context.Context) (output []byte, err error) {
	if b.C {
		return b.compileWithC(ctx, b.Main)
	}
	if b.Here && builtWithC(b.Out) {
		return b.run(ctx, true) // as before: what made it need C most likely does still
	}
	output, err = b.run(ctx, false)
	if err == nil || ctx.Err() != nil {
		return output, err
	}
	if folders := b.needC(output); len(folders) > 0 {
		return b.compileWithC(ctx, folders...)
	}
	return output, err
}

// compileWithC builds what needs C in these folders, where the program's machine has the C libraries.
func (b builder) compileWithC(ctx context.Context, folders ...string) (output []byte, err error) {
	if b.Here {
		return b.run(ctx, true)
	}
	return nil, fault.New(fault.Build,
		"write a Dockerfile that builds it, with its C libraries, and set lang: dockerfile in ccdev.yaml;\nor run it without Docker: runtime: process",
		`the chaincode in %s needs C, in %s: ccdev builds static Go programs for containers, which have no C libraries`,
		b.Place, list(b.Module, folders))
}

// builtWithC tells whether a program was built with cgo.
func builtWithC(program string) bool {
	info, err := buildinfo.ReadFile(program)
	return err == nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "1"})
}

// needC are the folders of packages that import "C", which a build without cgo failed for want of:
// its output speaks of them.
func (b builder) needC(output []byte) (folders []string) {
	for line := range strings.Lines(string(output)) {
		place, _, undefined := strings.Cut(line, ": undefined: ")
		_, dir, excluded := strings.Cut(strings.TrimSpace(line), "build constraints exclude all Go files in ")
		switch {
		case excluded:
		case undefined:
			file, _, _ := strings.Cut(place, ".go:")
			dir = filepath.Dir(file)
		default:
			continue
		}
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(b.Module, dir)
		}
		if !slices.Contains(folders, dir) && importsC(dir) {
			folders = append(folders, dir)
		}
	}
	return folders
}

// importsC tells whether the package in a folder imports "C".
func importsC(dir string) bool {
	pkg, _ := packages().ImportDir(dir, 0) // what cannot be read imports nothing
	return pkg != nil && len(pkg.CgoFiles) > 0
}

// packages is how packages are looked at: with the files in them that import "C".
func packages() *build.Context {
	ctx := build.Default
	ctx.CgoEnabled = true
	return &ctx
}
