// Package release makes the archives of a version of ccdev: one for each platform, checksums, and lists of what is in them.
package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what to make, and of what.
type Options struct {
	Version   string
	Dir       string // of the archives; it is made anew
	Source    string // ccdev's own sources
	Go        string // the go command
	Platforms []Platform
	Progress  io.Writer
}

// Platform is what a program runs on, in Go's words.
type Platform struct{ OS, Arch string }

// Platforms are all that ccdev is released for.
func Platforms() []Platform {
	var all []Platform
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			all = append(all, Platform{system, arch})
		}
	}
	return all
}

// agents are the platforms of engines: every archive has a ccdev for each, to be put into
// containers, beside its own.
func agents(platforms []Platform) []Platform {
	return slices.DeleteFunc(slices.Clone(platforms), func(p Platform) bool { return p.OS != "linux" })
}

func (p Platform) String() string { return p.OS + "-" + p.Arch }

// program is ccdev's name on the platform.
func (p Platform) program() string {
	if p.OS == "windows" {
		return "ccdev.exe"
	}
	return "ccdev"
}

// beside are the files that go into every archive, from the sources.
var beside = []string{"LICENSE", "README.md"}

// Checksums is the name of the file with the SHA-256 of all others.
const Checksums = "checksums.txt"

// Make builds ccdev for every platform, and packs it. The same sources and the same Go make the
// same bytes.
func Make(ctx context.Context, o Options) error {
	if err := errors.Join(os.RemoveAll(o.Dir), os.MkdirAll(o.Dir, 0o755)); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "ccdev-release")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	for _, p := range o.Platforms {
		if err := o.build(ctx, p, filepath.Join(work, p.String(), p.program())); err != nil {
			return err
		}
	}
	for _, p := range o.Platforms {
		if err := o.pack(p, work); err != nil {
			return err
		}
	}
	return writeChecksums(o.Dir)
}

// build builds one program, as the Makefile does.
func (o Options) build(ctx context.Context, p Platform, out string) error {
	o.say("building for %s", p)
	flags := "-s -w -X github.com/ccdev/ccdev/internal/cli.version=" + o.Version
	cmd := exec.CommandContext(ctx, o.Go, "build", "-trimpath", "-ldflags", flags, "-o", out, "./cmd/ccdev")
	cmd.Dir = o.Source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Arch)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build for %s: %w\n%s", p, err, strings.TrimSpace(string(said)))
	}
	return nil
}

// pack writes the archive of a platform, and the list of what its program is made of.
func (o Options) pack(p Platform, work string) error {
	program := filepath.Join(work, p.String(), p.program())
	files := []file{{name: p.program(), path: program, program: true}}
	for _, agent := range agents(o.Platforms) {
		if agent != p {
			files = append(files, file{name: "ccdev-" + agent.String(), path: filepath.Join(work, agent.String(), agent.program()), program: true})
		}
	}
	for _, name := range beside {
		files = append(files, file{name: name, path: filepath.Join(o.Source, name)})
	}
	base := fmt.Sprintf("ccdev_%s_%s_%s", o.Version, p.OS, p.Arch)
	write, ending := writeTar, ".tar.gz"
	if p.OS == "windows" {
		write, ending = writeZip, ".zip"
	}
	o.say("packing %s", base+ending)
	if err := create(filepath.Join(o.Dir, base+ending), func(w io.Writer) error { return write(w, files) }); err != nil {
		return err
	}
	return create(filepath.Join(o.Dir, base+".cdx.json"), func(w io.Writer) error { return WriteBOM(w, program, o.Version) })
}

func (o Options) say(format string, args ...any) {
	fmt.Fprintf(o.Progress, format+"\n", args...) //nolint:errcheck // nobody listens
}

// create writes a file, and leaves none that is not whole.
func create(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
