// Package delve builds the debugger of Go programs, once for all projects of a user.
package delve

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/procgroup"
	"github.com/gofrs/flock"
)

// Version is the delve that is built.
const Version = "v1.26.2"

const program = "github.com/go-delve/delve/cmd/dlv"

// A module that requires delve and all it needs, at exact versions: "go get" of program and Version.
var (
	//go:embed delve.mod
	goMod []byte
	//go:embed delve.sum
	goSum []byte
)

// Ensure gives the file of a dlv for a system, which is kept below cacheDir. It is static, so that
// it runs where there is nothing else. Where there is none it is built, one command at a time, and
// building is told. Faults are of the kind Build.
func Ensure(ctx context.Context, cacheDir, goos, arch string, building func()) (string, error) {
	dir := filepath.Join(cacheDir, "delve", Version, goos+"-"+arch)
	file := filepath.Join(dir, "dlv")
	if built(file) {
		return file, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", cannotKeep(err)
	}
	building()
	lock := flock.New(filepath.Join(dir, "lock"))
	_, err := lock.TryLockContext(ctx, lockPace)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		return "", cannotKeep(err)
	}
	defer lock.Close() //nolint:errcheck // nothing was written
	if built(file) {
		return file, nil
	}
	return file, build(ctx, file, append(os.Environ(), "GOOS="+goos, "GOARCH="+arch))
}

// lockPace is how often it is tried to be the one who builds.
const lockPace = 100 * time.Millisecond

func built(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// build builds in a folder of its own, which one that was killed may have left.
func build(ctx context.Context, file string, env []string) error {
	work := filepath.Join(filepath.Dir(file), "build")
	if err := os.RemoveAll(work); err != nil {
		return cannotKeep(err)
	}
	defer os.RemoveAll(work) //nolint:errcheck // it is only room
	if err := os.Mkdir(work, 0o755); err != nil {
		return cannotKeep(err)
	}
	for name, text := range map[string][]byte{"go.mod": goMod, "go.sum": goSum} {
		if err := os.WriteFile(filepath.Join(work, name), text, 0o600); err != nil {
			return cannotKeep(err)
		}
	}
	tool := goTool{dir: work, env: append(env, "CGO_ENABLED=0", "GO111MODULE=on", "GOWORK=off", "GOFLAGS=-mod=readonly", "GOTMPDIR="+work)}
	if err := tool.run(ctx, "list", "-deps", program); err != nil {
		return orCause(ctx, fault.New(fault.Build, fetchIt, "the debugger, delve %s, cannot be fetched: %w", Version, err))
	}
	out := filepath.Join(work, "dlv")
	if err := tool.run(ctx, "build", "-trimpath", "-ldflags", "-s -w", "-o", out, program); err != nil {
		return orCause(ctx, fault.New(fault.Build, `see that there is room, and that Go is a new one: "go version"`,
			"the debugger, delve %s, cannot be built: %w", Version, err))
	}
	if err := os.Rename(out, file); err != nil {
		return cannotKeep(err)
	}
	return nil
}

// fetchIt is what to do where it cannot be fetched.
const fetchIt = `connect to the network once, it is kept from then on; behind a proxy, set HTTPS_PROXY, or GOPROXY to a
module proxy you can reach ("go env GOPROXY" shows yours). Until then: set lang: external in
ccdev.yaml, and start the chaincode in your editor's own debugger`

func cannotKeep(err error) error {
	return fault.New(fault.Build, "set CCDEV_CACHE to a folder that can be written", "the debugger cannot be kept: %w", err)
}

// orCause is why ctx has ended, if it has: what else went wrong is due to that.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// goTool runs the go command in a folder.
type goTool struct {
	dir string
	env []string
}

// run gives what the command has said as its error.
func (g goTool) run(ctx context.Context, args ...string) error {
	cmd := procgroup.Command(ctx, "go", args...)
	cmd.Dir, cmd.Env = g.dir, append(g.env, "PWD="+g.dir)
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if ctx.Err() != nil {
		procgroup.Gone(cmd)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}
