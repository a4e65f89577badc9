package node

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/fault"
)

// Options say where to build.
type Options struct {
	Dir   string    // keeps what the next build goes on with; ModulesDir is in it
	Log   io.Writer // gets what npm and the compiler say, as they say it
	Image string    // what the container is of, in which this is; empty outside of one
	Debug bool      // for a debugger: what TypeScript's compiler makes tells what it was made of
}

// ModulesDir is where in Options.Dir the folders are that a bundle's manifest calls its modules.
const ModulesDir = "modules"

// Build makes a bundle of the sources that Pack has packed: it installs the dependencies, unless
// the same ones are there, and compiles what the project compiles. It runs where the chaincode
// will run, as dependencies may be made for that system only. A newer build in the same folder
// ends it. Faults are of the kinds Usage and Build; a compiler's begins with file:line:column.
func Build(ctx context.Context, sources io.Reader, out io.Writer, o Options) error {
	entries, err := bundle.Read(sources)
	var own Settings
	if err == nil {
		entries, own, err = takeSettings(entries)
	}
	if err != nil {
		return fault.New(fault.Build, "try it once more", "the chaincode's sources did not come whole: %w", err)
	}
	dir := filepath.Join(o.Dir, "build")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return cannotBuild(err)
	}
	release, err := takeOver(ctx, filepath.Join(o.Dir, "build.lock"))
	if err != nil {
		return cannotBuild(err)
	}
	defer release()
	changed, err := bundle.Sync(dir, entries)
	if err != nil {
		return cannotBuild(err)
	}
	m, err := readManifest(dir)
	if err != nil {
		return fault.New(fault.Build, `correct it, then run "ccdev reload"`, "%s cannot be read: %w", manifestFile, err)
	}
	b := &builder{Options: o, dir: dir, manifest: m, own: own}
	if err := b.install(ctx); err != nil {
		return err
	}
	if err := b.compile(ctx, changed); err != nil {
		return err
	}
	return b.pack(out)
}

func cannotBuild(err error) error {
	return fault.New(fault.Build, "see that there is room, and that the folder can be written", "the chaincode cannot be built: %w", err)
}

// builder is one build.
type builder struct {
	Options
	dir      string // holds the sources
	manifest manifest
	own      Settings
	version  string // of Node
	modules  string // the folder that has this project's node_modules, below ModulesDir
}

// pack writes what was built, without what every build has.
func (b *builder) pack(out io.Writer) error {
	entries, err := bundle.Files(b.dir, func(name string, isDir bool) bool {
		// npm's configuration may hold a token, and is of no use to what runs.
		return isDir && Skipped(path.Base(name)) || name == ".ccdev-files" || path.Base(name) == npmConfig
	})
	if err != nil {
		return cannotBuild(err)
	}
	launch, err := b.launch(entries)
	if err != nil {
		return err
	}
	launch.Modules = b.modules
	if err := bundle.Write(out, launch, entries); err != nil {
		return cannotBuild(err)
	}
	return nil
}

func (b *builder) has(name string) bool {
	_, err := os.Stat(filepath.Join(b.dir, name))
	return err == nil
}
