// Package golang builds Go chaincodes with the host's Go: static, stripped, and incrementally.
package golang

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/procgroup"
	"github.com/ccdev/ccdev/internal/project"
)

// Options say what to build.
type Options struct {
	Source   string // folder of the chaincode: of its main package, or above that in its module
	Out      string // file of the program
	OS, Arch string
	Here     bool // the program will run on this machine, and may use the C libraries it has
	Debug    bool // for a debugger: as it was written, with all it has to know
}

// Result is what can be seen of a program that was built.
type Result struct {
	Serves bool // it can listen for a peer
	Dials  bool // it can dial one
}

// Build compiles the main package and checks that it is a chaincode. A folder without one is a fault
// of the kind Usage; what does not compile is one of the kind Build, with the compiler's own lines.
func Build(ctx context.Context, o Options) (Result, error) {
	program, err := exec.LookPath("go")
	if err != nil {
		return Result{}, fault.New(fault.Build, "install Go (https://go.dev/dl), and see that it is on your PATH",
			"cannot build the chaincode: there is no go command: %w", err)
	}
	place, err := Find(o.Source)
	if err != nil {
		return Result{}, err
	}
	b := builder{Options: o, Place: place, program: program}
	output, err := b.compile(ctx)
	if ctx.Err() != nil {
		removeTemporary(filepath.Dir(o.Out))
		return Result{}, ctx.Err()
	}
	if err != nil {
		return Result{}, b.explain(output, err)
	}
	return b.look()
}

// builder is one build.
type builder struct {
	Options
	Place
	program string // the go command
}

// run runs the go command, with cgo or without.
func (b builder) run(ctx context.Context, withC bool) (output []byte, err error) {
	// Without the state of the user's repository: a commit would make another program of the same
	// sources, and a repository that git refuses to read would fail the build.
	args := append([]string{"build", "-buildvcs=false", "-o", b.Out}, b.modFlag()...)
	if b.Debug {
		args = append(args, "-trimpath=false", "-gcflags", "all=-N -l")
	} else {
		args = append(args, "-ldflags", "-s -w")
	}
	cmd := procgroup.Command(ctx, b.program, append(args, b.target())...)
	cmd.Dir = b.Module
	// Linked beside the program, so that a rename puts it there: a running program cannot be
	// overwritten. Left in place, so that the go command need not link what has not changed.
	// GOGC spares the linker a sixth of its CPU time, which the peer and orderer that start meanwhile
	// have a use for; a user's own setting comes later in the list, and so counts.
	cmd.Env = append([]string{"GOGC=400"}, os.Environ()...)
	// PWD, as the go command would take the user's and name the sources by a link that it goes through.
	cmd.Env = append(cmd.Env, "GO111MODULE=on", "CGO_ENABLED=0", "GOOS="+b.OS, "GOARCH="+b.Arch,
		"GOTMPDIR="+filepath.Dir(b.Out), "PWD="+b.Module)
	if withC {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	output, err = cmd.CombinedOutput()
	if ctx.Err() != nil {
		procgroup.Gone(cmd)
	}
	return output, err
}

// removeTemporary removes what a go command that was killed has left in its GOTMPDIR.
func removeTemporary(dir string) {
	folders, _ := filepath.Glob(filepath.Join(EscapePattern(dir), "go-build*")) // the pattern is right
	for _, folder := range folders {
		_ = os.RemoveAll(folder) // it is only room: removed with the network at the latest
	}
}

// The functions of the shim that chaincodes run which listen, and which dial. A stripped program
// still names its functions, for panics, and has those only that it may call.
var (
	serverStart = []byte("shim.(*ChaincodeServer).Start")
	start       = []byte("/shim.Start\x00")
)

// Serves tells whether a chaincode's program can listen for a peer.
func Serves(program []byte) bool { return bytes.Contains(program, serverStart) }

// look finds out before the start what would otherwise be a program that no peer ever hears of.
func (b builder) look() (Result, error) {
	info, err := buildinfo.ReadFile(b.Out)
	if err != nil {
		return Result{}, fault.New(fault.Build, "take what changes the kind of output (-buildmode) out of GOFLAGS",
			"%s does not build to a program: %w", b.Place, err)
	}
	uses := false
	for _, dep := range info.Deps {
		uses = uses || isShim(dep.Path)
	}
	if !uses {
		return Result{}, b.noChaincode()
	}
	code, err := os.ReadFile(b.Out)
	if err != nil {
		return Result{}, fmt.Errorf("read the chaincode's program: %w", err)
	}
	return Result{Serves: Serves(code), Dials: bytes.Contains(code, start)}, nil
}

const startOne = `go to a folder with a chaincode, or start one: "ccdev init DIR --template go"`

// noChaincode is the fault of another program. It points at what is below, if there is a chaincode.
func (b builder) noChaincode() error {
	fix := startOne
	_, below := mainPackages(b.Main)
	if below = append(below, Modules(b.Main)...); len(below) > 0 {
		fix = project.PathFix(b.Source, below...)
	}
	return fault.New(fault.Usage, fix,
		"%s holds a Go program, but no chaincode: it uses neither fabric-contract-api-go nor fabric-chaincode-go", b.Place)
}
