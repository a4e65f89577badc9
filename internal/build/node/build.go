package node

import (
	"cmp"
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/fault"
)

// Options say where to build.
type Options struct {
	Dir string    // keeps what the next build goes on with; ModulesDir is in it
	Log io.Writer // gets what npm and the compiler say, as they say it
}

// ModulesDir is where in Options.Dir the folders are that a bundle's manifest calls its modules.
const ModulesDir = "modules"

// Build makes a bundle of the sources that Pack has packed: it installs the dependencies, unless
// the same ones are there, and compiles what the project compiles. It runs where the chaincode
// will run, as dependencies may be made for that system only. A newer build in the same folder
// ends it. Faults are of the kinds Usage and Build; a compiler's begins with file:line:column.
func Build(ctx context.Context, sources io.Reader, out io.Writer, o Options) error {
	entries, err := bundle.Read(sources)
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
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return cannotBuild(err)
	}
	m, err := parse(text)
	if err != nil {
		return fault.New(fault.Build, "correct it", "%s cannot be read: %w", manifestFile, err)
	}
	b := &builder{Options: o, dir: dir, manifest: m}
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

// launcher is the program that contract chaincodes are started with, and serverCommand what it
// needs to have to start one that listens (fabric-shim 2.3).
const (
	launcher      = "node_modules/" + shimPackage + "/cli.js"
	serverCommand = "node_modules/" + shimPackage + "/lib/cmds/serverCommand.js"
)

// listens finds a chaincode that makes a server of itself, shim.server(chaincode, options).
var listens = regexp.MustCompile(`\.\s*server\s*\(`)

// shellWords is a script that node could be started by without a shell.
var shellWords = regexp.MustCompile(`^node( +[A-Za-z0-9_./=-]+)+$`)

// launch finds out how the chaincode is started: with the contract API's launcher, or as its
// start script says.
func (b *builder) launch(entries []bundle.Entry) (bundle.Manifest, error) {
	script := strings.TrimSpace(b.manifest.Scripts["start"])
	if strings.Contains(script, "fabric-chaincode-node") || script == "" && b.manifest.Dependencies[contractPackage] != "" {
		m := bundle.Manifest{Client: []string{"node", launcher, "start"}}
		if b.has(serverCommand) {
			m.Server = []string{"node", launcher, "server"}
		}
		if !b.has(launcher) {
			return m, fault.New(fault.Build, `add it: "npm install `+shimPackage+`"`,
				"the chaincode has no %s, with which it is started", shimPackage)
		}
		return m, nil
	}
	command := b.plainCommand(script)
	for _, e := range entries {
		if strings.HasSuffix(e.Name, "js") && listens.Match(e.Data) {
			return bundle.Manifest{Server: command}, nil
		}
	}
	return bundle.Manifest{Client: command}, nil
}

// plainCommand starts a chaincode as its start script does, or as a module.
func (b *builder) plainCommand(script string) []string {
	switch {
	case shellWords.MatchString(script):
		return strings.Fields(script)
	case script != "":
		return []string{"sh", "-c", "PATH=$PWD/node_modules/.bin:$PATH; " + script + ` "$@"`, "start"}
	default:
		return []string{"node", cmp.Or(b.manifest.Main, "index.js")}
	}
}

func (b *builder) has(name string) bool {
	_, err := os.Stat(filepath.Join(b.dir, name))
	return err == nil
}
