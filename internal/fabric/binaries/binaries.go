// Package binaries provides Fabric's own peer and orderer: pulled images, or compiled from the Go modules.
package binaries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

// Default is the Fabric version that is used when none is asked for.
const Default = network.DefaultFabric

// Progress tells how far a long piece of work has come. Total is 0 where it cannot be known.
// It is never called by two goroutines at once.
type Progress = func(text string, done, total int)

// Target says what to compile, and where it is kept. Empty fields have the defaults given here.
type Target struct {
	Version  string // of Fabric: Default
	OS, Arch string // as Go names them: this machine's
	CacheDir string // of ccdev on this machine: DefaultCacheDir()
}

// Programs are a compiled peer and orderer: static, stripped, in a folder of their own.
type Programs struct {
	Dir, Peer, Orderer string // absolute paths
}

// DefaultCacheDir is ccdev's folder in the user's cache directory.
func DefaultCacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	return filepath.Join(dir, "ccdev"), nil
}

// Compile gives the peer and orderer of a Fabric version. What is in the cache is returned at
// once; otherwise they are compiled with this machine's Go, from modules whose checksums ccdev
// carries. Two at once compile once: the second waits for the first.
//
// It ends with ctx, leaving no process and no file behind. Its errors are of the kinds Usage
// (a version it has no modules for) and Boot.
func Compile(ctx context.Context, target Target, progress Progress) (Programs, error) {
	target, err := target.resolved()
	if err != nil {
		return Programs{}, err
	}
	m, err := moduleOf(target.Version)
	if err != nil {
		return Programs{}, err
	}
	programs := target.programs()
	if programs.complete() {
		return programs, nil
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	p := place{
		dir:      programs.Dir,
		complete: programs.complete,
		waiting:  func() { progress("another ccdev is compiling Fabric "+target.Version, 0, 0) },
	}
	err = p.fill(ctx, func(scratch, out string) error {
		return compilation{target: target, module: m, scratch: scratch, out: out, progress: progress}.run(ctx)
	})
	if err != nil {
		return Programs{}, compileFault(ctx, target.Version, err)
	}
	return programs, nil
}

// Compiled tells whether Compile has nothing to do.
func Compiled(target Target) bool {
	target, err := target.resolved()
	return err == nil && target.programs().complete()
}

// compileFault says what was being done. What is neither a fault nor the end of ctx came from
// the file system.
func compileFault(ctx context.Context, version string, err error) error {
	var known *fault.Fault
	if ctx.Err() != nil || errors.As(err, &known) {
		return fmt.Errorf("compile Fabric %s: %w", version, err)
	}
	return fault.New(fault.Boot, "make room there, or set CCDEV_CACHE to a folder that can be written",
		"compile Fabric %s: %w", version, err)
}

func (t Target) resolved() (Target, error) {
	if t.Version == "" {
		t.Version = Default
	}
	if t.OS == "" {
		t.OS = runtime.GOOS
	}
	if t.Arch == "" {
		t.Arch = runtime.GOARCH
	}
	var err error
	if t.CacheDir == "" {
		t.CacheDir, err = DefaultCacheDir()
	} else {
		t.CacheDir, err = filepath.Abs(t.CacheDir)
	}
	return t, err
}

func (t Target) programs() Programs {
	dir := filepath.Join(t.CacheDir, "fabric", t.Version+"-"+t.OS+"-"+t.Arch)
	suffix := ""
	if t.OS == "windows" {
		suffix = ".exe"
	}
	return Programs{Dir: dir, Peer: filepath.Join(dir, "peer"+suffix), Orderer: filepath.Join(dir, "orderer"+suffix)}
}

func (p Programs) complete() bool { return isProgram(p.Peer) && isProgram(p.Orderer) }

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}
