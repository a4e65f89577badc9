package node

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/procgroup"
)

// compiler is where TypeScript's is among the dependencies.
const compiler = "node_modules/typescript/bin/tsc"

// plainTSC is a build script that is TypeScript's compiler and nothing else.
var plainTSC = regexp.MustCompile(`^tsc( +[A-Za-z0-9_./=-]+)*$`)

// ownIncrements finds one that builds several projects, each with increments of its own.
var ownIncrements = regexp.MustCompile(` (-b|--build|--tsBuildInfoFile)\b`)

// compiles tells whether there is something to compile.
func (b *builder) compiles() bool {
	return b.manifest.Scripts["build"] != "" || b.has("tsconfig.json")
}

// compile runs the project's build script. Where that is TypeScript's compiler it is called
// without npm, which takes as long as a small compilation, and told to go on from the last time.
func (b *builder) compile(ctx context.Context, changed []string) error {
	if !b.compiles() {
		return b.check(ctx, changed)
	}
	name, args, err := b.compileCommand()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(changed, mayBeCompiled) {
		_ = os.Remove(b.buildInfo()) // without it all is compiled anew
	}
	output, err := b.run(ctx, b.dir, nil, name, args...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fault.New(fault.Build, "see that node and npm work", "cannot run %s: %w", name, err)
	}
	if err != nil {
		return fault.New(fault.Build, `correct the source, then run "ccdev reload"`, "the chaincode does not compile:\n%s", placed(output))
	}
	return nil
}

// maxChecked bounds how many files are checked: each takes a start of node, and many change at once
// only where nobody has just typed them.
const maxChecked = 10

// check finds the slips in JavaScript that would end the chaincode as it starts.
func (b *builder) check(ctx context.Context, changed []string) error {
	changed = slices.DeleteFunc(changed, func(name string) bool {
		return !slices.Contains([]string{".js", ".cjs", ".mjs"}, path.Ext(name)) || !b.has(name)
	})
	if len(changed) > maxChecked {
		return nil
	}
	for _, name := range changed {
		cmd := procgroup.Command(ctx, "node", "--check", name)
		cmd.Dir = b.dir
		output, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			_ = os.Remove(filepath.Join(b.dir, name)) // so that it counts as changed the next time, too
			return fault.New(fault.Build, `correct the source, then run "ccdev reload"`, "the chaincode does not compile:\n%s",
				b.excerpt(string(output)))
		}
	}
	return nil
}

// excerpt is what node says of a file, without what it says of itself.
func (b *builder) excerpt(output string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(output, b.dir+"/", "")) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || strings.HasPrefix(line, "    at ") || strings.HasPrefix(line, "Node.js v") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// compileCommand is what compiles the project.
func (b *builder) compileCommand() (name string, args []string, err error) {
	script := strings.TrimSpace(b.manifest.Scripts["build"])
	hooks := b.manifest.Scripts["prebuild"] + b.manifest.Scripts["postbuild"]
	if script != "" && (hooks != "" || !plainTSC.MatchString(script) || ownIncrements.MatchString(script)) {
		return "npm", []string{"run", "--silent", "build"}, nil
	}
	info, err := filepath.Abs(b.buildInfo())
	if err != nil {
		return "", nil, cannotBuild(err)
	}
	if !b.has(compiler) {
		return "", nil, fault.New(fault.Build, `add it: "npm install --save-dev typescript"`,
			"the chaincode is written in TypeScript, and its dependencies do not have the compiler")
	}
	args = []string{compiler}
	if script != "" {
		args = append(args, strings.Fields(script)[1:]...)
	}
	if b.Debug { // whole and inline: the debugger's client does not find a file of this folder
		args = append(args, "--sourceMap", "false", "--inlineSourceMap", "--inlineSources")
	}
	return "node", append(args, "--incremental", "--tsBuildInfoFile", info, "--pretty", "false"), nil
}

// buildInfo is where TypeScript's compiler notes what it need not do again.
func (b *builder) buildInfo() string { return filepath.Join(b.Dir, "tsbuildinfo") }

// compiled is what may be TypeScript's compiler's work.
var compiled = regexp.MustCompile(`\.([cm]?jsx?|json|map|d\.[cm]?ts)$`)

// mayBeCompiled tells whether a file of the sources may lie where the compiler has put one: the
// user has compiled as well. The compiler does not look whether what it has written is still there.
func mayBeCompiled(name string) bool { return compiled.MatchString(name) && name != manifestFile }

// position is how TypeScript's compiler says where: file(line,column).
var position = regexp.MustCompile(`(?m)^([^\s(][^(\n]*)\((\d+),(\d+)\): `)

// placed says it as every other compiler does, and terminals and editors understand.
func placed(output string) string {
	return position.ReplaceAllString(output, "$1:$2:$3: ")
}
