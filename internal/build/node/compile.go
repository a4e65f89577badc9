package node

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// compiler is where TypeScript's is among the dependencies.
const compiler = "node_modules/typescript/bin/tsc"

// plainTSC is a build script that is TypeScript's compiler and nothing else.
var plainTSC = regexp.MustCompile(`^tsc( +[A-Za-z0-9_./=-]+)*$`)

// compiles tells whether there is something to compile.
func (b *builder) compiles() bool {
	return b.manifest.Scripts["build"] != "" || b.has("tsconfig.json")
}

// compile runs the project's build script. Where that is TypeScript's compiler it is called
// without npm, which takes as long as a small compilation, and told to go on from the last time.
func (b *builder) compile(ctx context.Context) error {
	if !b.compiles() {
		return nil
	}
	name, args, err := b.compileCommand()
	if err != nil {
		return err
	}
	output, err := b.run(ctx, b.dir, name, args...)
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

// compileCommand is what compiles the project.
func (b *builder) compileCommand() (name string, args []string, err error) {
	script := strings.TrimSpace(b.manifest.Scripts["build"])
	hooks := b.manifest.Scripts["prebuild"] + b.manifest.Scripts["postbuild"]
	if script != "" && (hooks != "" || !plainTSC.MatchString(script)) {
		return "npm", []string{"run", "--silent", "build"}, nil
	}
	info, err := filepath.Abs(filepath.Join(b.Dir, "tsbuildinfo"))
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
	return "node", append(args, "--incremental", "--tsBuildInfoFile", info, "--pretty", "false"), nil
}

// position is how TypeScript's compiler says where: file(line,column).
var position = regexp.MustCompile(`(?m)^([^\s(][^(\n]*)\((\d+),(\d+)\): `)

// placed says it as every other compiler does, and terminals and editors understand.
func placed(output string) string {
	return position.ReplaceAllString(output, "$1:$2:$3: ")
}
