package binaries

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/fault"
)

// AgentPath finds the ccdev that runs on a platform, as a relay or a peer's external builder:
// this program itself, or the one for that platform beside it. Its fault is of the kind Boot.
func AgentPath(goos, goarch string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return agentPath(exe, goos, goarch)
}

func agentPath(exe, goos, goarch string) (string, error) {
	if goos == runtime.GOOS && goarch == runtime.GOARCH {
		return exe, nil
	}
	name := "ccdev-" + goos + "-" + goarch
	exe, err := filepath.EvalSymlinks(exe) // a package manager links the program from elsewhere
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	path := filepath.Join(filepath.Dir(exe), name)
	if _, err := os.Stat(path); err != nil {
		return "", fault.New(fault.Boot,
			fmt.Sprintf("put %s there: it is in the same release archive as this ccdev, or is built with\n"+
				"CGO_ENABLED=0 GOOS=%s GOARCH=%s go build -o %s ./cmd/ccdev", name, goos, goarch, name),
			"ccdev for %s/%s is missing: %w", goos, goarch, err)
	}
	return path, nil
}

// InstallAgent keeps a copy of ccdev in the cache that a network can go on using when the one
// it was started with is replaced, and returns the folder for the peer's external builder.
func InstallAgent(cacheDir, agent string) (builderDir string, err error) {
	defer func() {
		if err != nil {
			err = fault.New(fault.Boot, "make room there, or set CCDEV_CACHE to a folder that can be written",
				"keep a copy of ccdev: %w", err)
		}
	}()
	hash, err := agentHash(agent)
	if err != nil {
		return "", err
	}
	cacheDir, err = filepath.Abs(cacheDir)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cacheDir, "agent", hash)
	installed := func() bool {
		for _, name := range extbuilder.Programs() {
			if !isProgram(filepath.Join(dir, "builder", "bin", name)) {
				return false
			}
		}
		return true
	}
	if !installed() {
		p := place{dir: dir, complete: installed}
		err = p.fill(context.Background(), func(_, out string) error { return layOutAgent(agent, out) })
	}
	return filepath.Join(dir, "builder"), err
}

func layOutAgent(agent, dir string) error {
	bin := filepath.Join(dir, "builder", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	if err := atomicfile.Copy(agent, filepath.Join(dir, "ccdev"), 0o755); err != nil {
		return err
	}
	for _, name := range extbuilder.Programs() {
		if err := os.Symlink(filepath.Join("..", "..", "ccdev"), filepath.Join(bin, name)); err != nil {
			return err
		}
	}
	return nil
}

// agentHash tells one ccdev from another: the first 12 hex digits of its SHA-256.
func agentHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read from
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// checkStatic refuses a ccdev that needs a dynamic loader: in an image made from nothing it
// could not start, and the engine would only say "no such file or directory".
func checkStatic(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return nil // no ELF file: nothing can be said about it here
	}
	defer func() { _ = f.Close() }() // only read from
	for _, segment := range f.Progs {
		if segment.Type == elf.PT_INTERP {
			return fault.New(fault.Boot, "use a released ccdev, or build it with CGO_ENABLED=0",
				"%s is linked dynamically and cannot run inside an image", path)
		}
	}
	return nil
}
