// Package golang builds Go chaincodes with the host's Go: static, stripped, and incrementally.
package golang

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/procgroup"
)

// Options say what to build.
type Options struct {
	Source   string // folder of the main package
	Out      string // file of the program
	OS, Arch string
}

// Detect tells whether the folder holds Go sources.
func Detect(source string) bool {
	files, err := filepath.Glob(filepath.Join(escape(source), "*.go"))
	return err == nil && len(files) > 0
}

// escape keeps a folder's name from being read as a pattern.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `*`, `\*`, `?`, `\?`).Replace(path)
}

// Result is what can be seen of a program that was built.
type Result struct {
	Serves bool // it can listen for a peer; otherwise it can only dial one
}

// Build compiles the main package and checks that it is a chaincode. A compile error is a fault of the kind Build, with the compiler's own lines.
func Build(ctx context.Context, o Options) (Result, error) {
	program, err := exec.LookPath("go")
	if err != nil {
		return Result{}, fault.New(fault.Build, "install Go (https://go.dev/dl), and see that it is on your PATH",
			"cannot build the chaincode: there is no go command: %w", err)
	}
	// Without the state of the user's repository: a commit would make another program of the same
	// sources, and a repository that git refuses to read would fail the build.
	cmd := procgroup.Command(ctx, program, "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", o.Out, ".")
	cmd.Dir = o.Source
	// Linked beside the program, so that a rename puts it there: a running program cannot be
	// overwritten. Left in place, so that the go command need not link what has not changed.
	// GOGC spares the linker a sixth of its CPU time, which the peer and orderer that start meanwhile
	// have a use for; a user's own setting comes later in the list, and so counts.
	cmd.Env = append([]string{"GOGC=400"}, os.Environ()...)
	cmd.Env = append(cmd.Env, "CGO_ENABLED=0", "GOOS="+o.OS, "GOARCH="+o.Arch, "GOTMPDIR="+filepath.Dir(o.Out))
	output, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		procgroup.Gone(cmd)
		removeTemporary(filepath.Dir(o.Out))
		return Result{}, ctx.Err()
	}
	if err != nil {
		return Result{}, compileError(o, output, err)
	}
	return look(o)
}

// removeTemporary removes what a go command that was killed has left in its GOTMPDIR.
func removeTemporary(dir string) {
	folders, _ := filepath.Glob(filepath.Join(escape(dir), "go-build*")) // the pattern is right
	for _, folder := range folders {
		_ = os.RemoveAll(folder) // it is only room: removed with the network at the latest
	}
}

func compileError(o Options, output []byte, err error) error {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	fix := `correct the source, then run "ccdev reload"`
	switch { // the go command tells these apart by their text only
	case bytes.Contains(output, []byte("go.mod file not found")):
		fix = fmt.Sprintf(`run "go mod init NAME" and "go mod tidy" in %s`, o.Source)
	case bytes.Contains(output, []byte("missing go.sum entry")), bytes.Contains(output, []byte("updates to go.mod needed")),
		bytes.Contains(output, []byte("no required module provides")):
		fix = `run "go mod tidy" in ` + o.Source
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fault.New(fault.Build, "see that the go command works", "cannot run the go command: %w", err)
	}
	return fault.New(fault.Build, fix, "the chaincode in %s does not compile:\n%s", o.Source, strings.Join(lines, "\n"))
}

var shims = []string{
	"github.com/hyperledger/fabric-chaincode-go", "github.com/hyperledger/fabric-contract-api-go",
}

// serverStart is the function every Go chaincode runs that is a service. A stripped program
// still names its functions, for panics.
var serverStart = []byte("shim.(*ChaincodeServer).Start")

// look finds out before the start what would otherwise be a program that no peer ever hears of.
func look(o Options) (Result, error) {
	info, err := buildinfo.ReadFile(o.Out)
	if err != nil {
		return Result{}, fault.New(fault.Usage, "give the program a func main in package main, in "+o.Source,
			"%s builds to a library, not to a program", o.Source)
	}
	uses := false
	for _, dep := range info.Deps {
		for _, shim := range shims {
			uses = uses || dep.Path == shim || strings.HasPrefix(dep.Path, shim+"/")
		}
	}
	if !uses {
		return Result{}, fault.New(fault.Usage, `go to a folder with a chaincode, or start one: "ccdev init DIR --template go"`,
			"%s holds a Go program, but no chaincode: it uses neither fabric-contract-api-go nor fabric-chaincode-go", o.Source)
	}
	code, err := os.ReadFile(o.Out)
	if err != nil {
		return Result{}, fmt.Errorf("read the chaincode's program: %w", err)
	}
	return Result{Serves: bytes.Contains(code, serverStart)}, nil
}
