package node

import (
	"bytes"
	"cmp"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/fault"
)

// launcher is the program that contract chaincodes are started with, and serverCommand what it
// needs to have to start one that listens (fabric-shim 2.3).
const (
	launcher      = "node_modules/" + shimPackage + "/cli.js"
	serverCommand = "node_modules/" + shimPackage + "/lib/cmds/serverCommand.js"
)

// sourceMaps has Node name the lines of the sources, not those of what was compiled of them.
const sourceMaps = "--enable-source-maps"

var (
	// listens finds a chaincode that makes a server of itself, shim.server(chaincode, options).
	listens = regexp.MustCompile(`\.\s*server\s*\(`)
	// shellWords is a script that node could be started by without a shell.
	shellWords = regexp.MustCompile(`^node( +[A-Za-z0-9_./=-]+)+$`)
	// launched is a script that starts the launcher, with the variables it sets for it.
	launched = regexp.MustCompile(`((?:[A-Za-z_][A-Za-z0-9_]*=\S* +)*)(?:npx +)?\S*fabric-chaincode-node\b`)
	// modulePath is the launcher's option that names where package.json is.
	modulePath = regexp.MustCompile(`--module-path[= ]+([A-Za-z0-9_./-]+)`)
)

// launch finds out how the chaincode is started: with the contract API's launcher, or as its
// start script says.
func (b *builder) launch(entries []bundle.Entry) (bundle.Manifest, error) {
	script := strings.TrimSpace(b.manifest.Scripts["start"])
	node := []string{"node"}
	if mapped(entries) {
		node = append(node, sourceMaps)
	}
	if launched.MatchString(script) || script == "" && b.manifest.Dependencies[contractPackage] != "" {
		return b.contract(script, node)
	}
	command, err := b.plainCommand(script, node)
	if err != nil {
		return bundle.Manifest{}, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name, "js") && listens.Match(e.Data) {
			return bundle.Manifest{Server: command}, nil
		}
	}
	return bundle.Manifest{Client: command}, nil
}

// contract starts a chaincode with the contract API's launcher.
func (b *builder) contract(script string, node []string) (m bundle.Manifest, err error) {
	if !b.has(launcher) {
		return m, fault.New(fault.Build, `add it: "npm install `+shimPackage+`"`,
			"the chaincode has no %s, with which it is started", shimPackage)
	}
	dir := "."
	var options []string
	if found := modulePath.FindStringSubmatch(script); found != nil {
		dir, options = path.Clean(found[1]), []string{"--module-path", found[1]}
	}
	if err := b.checkMain(dir); err != nil {
		return m, err
	}
	start := func(verb string) []string {
		command := append(append(append([]string{}, node...), launcher, verb), options...)
		found := launched.FindStringSubmatch(script)
		if found == nil || found[1] == "" {
			return command
		}
		return []string{"sh", "-c", found[1] + strings.Join(command, " ") + ` "$@"`, verb}
	}
	m.Client = start("start")
	if b.has(serverCommand) {
		m.Server = start("server")
	}
	return m, nil
}

// checkMain sees that the launcher will find the contracts: in what the package.json in dir says,
// and nowhere else (fabric-shim's bootstrap.js).
func (b *builder) checkMain(dir string) error {
	m := b.manifest
	name := path.Join(dir, manifestFile)
	if dir != "." {
		var err error
		if m, err = readManifest(filepath.Join(b.dir, dir)); err != nil {
			return fault.New(fault.Build, "correct --module-path in the start script", "%s cannot be read: %w", name, err)
		}
	}
	switch {
	case m.Main == "":
		return fault.New(fault.Build, `add it: "main": "index.js"`, "%s has no main, which says what file the contracts are in", name)
	case !b.resolves(path.Join(dir, m.Main)):
		return fault.New(fault.Build, "correct it; where it is compiled, by outDir and rootDir in tsconfig.json",
			"%s says that the contracts are in %s, and there is no such file", name, m.Main)
	case m.Type == "module" && !requiresModules(b.version):
		place, _ := b.place()
		return fault.New(fault.Build, `use Node 20.19, 22.12, or newer; or leave "type": "module" out`,
			"the chaincode is an ES module, and Fabric's launcher cannot load one with Node %s of %s", b.version, place)
	}
	return nil
}

// resolves tells whether Node finds a module by this path.
func (b *builder) resolves(name string) bool {
	for _, suffix := range []string{"", ".js", ".cjs", ".json", "/index.js"} {
		info, err := os.Stat(filepath.Join(b.dir, name+suffix))
		if err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// plainCommand starts a chaincode as its start script does, or as a module.
func (b *builder) plainCommand(script string, node []string) ([]string, error) {
	switch {
	case shellWords.MatchString(script):
		return append(node, strings.Fields(script)[1:]...), nil
	case script != "":
		return []string{"sh", "-c", options(node) + "PATH=$PWD/node_modules/.bin:$PATH; " + script + ` "$@"`, "start"}, nil
	}
	main := cmp.Or(b.manifest.Main, "index.js")
	if !b.resolves(main) {
		return nil, fault.New(fault.Build, `add one, such as "start": "fabric-chaincode-node start" or "start": "node chaincode.js"`,
			"package.json does not say how the chaincode is started: it has no start script, and there is no %s", main)
	}
	return append(node, main), nil
}

// options gives those of node to every node that a shell starts.
func options(node []string) string {
	if len(node) == 1 {
		return ""
	}
	return `export NODE_OPTIONS="` + strings.Join(node[1:], " ") + ` $NODE_OPTIONS"; `
}

// mapped tells whether there is a source map.
func mapped(entries []bundle.Entry) bool {
	for _, e := range entries {
		if strings.HasSuffix(e.Name, "js.map") || strings.HasSuffix(e.Name, "js") && bytes.Contains(e.Data, []byte("sourceMappingURL=data:")) {
			return true
		}
	}
	return false
}
