// Package e2e tests the ccdev program itself, on real Fabric, on every runtime this machine has.
package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/rogpeppe/go-internal/testscript"
)

// bed is what all tests share.
type bed struct {
	bin      string // folder of the ccdev under test, for PATH
	cache    string // its CCDEV_CACHE: its own, but for Fabric itself and the book of ports
	runtimes []string
}

var shared bed

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("end to end tests are left out by -short")
		os.Exit(0)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "end to end tests cannot start:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "ccdev-e2e")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if shared, err = prepare(dir); err != nil {
		return 1, err
	}
	defer removeNodeImage()
	defer removeCouchDB()
	defer removeImages(shared.bin)
	return m.Run(), nil
}

// prepare builds ccdev as it is released: a test binary could be no agent in a container.
func prepare(dir string) (bed, error) {
	b := bed{bin: filepath.Join(dir, "bin"), cache: filepath.Join(dir, "cache")}
	var err error
	if b.runtimes, err = runtimes(); err != nil {
		return b, err
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(b.bin, "ccdev"), "../../cmd/ccdev")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return b, fmt.Errorf("build ccdev: %w\n%s", err, out)
	}
	userCache, err := binaries.DefaultCacheDir()
	if err != nil {
		return b, err
	}
	if err := os.MkdirAll(b.cache, 0o700); err != nil {
		return b, err
	}
	// Fabric is compiled once, for the user as well, and nobody's ports are taken: neither the
	// user's nor those of other tests.
	for _, common := range []string{"fabric", "ports"} {
		theirs := filepath.Join(userCache, common)
		if err := os.MkdirAll(theirs, 0o700); err != nil {
			return b, err
		}
		if err := os.Symlink(theirs, filepath.Join(b.cache, common)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// runtimes are those that CCDEV_TEST_RUNTIMES names; without it, process, and docker if its
// daemon answers.
func runtimes() ([]string, error) {
	_, err := docker.Connect(context.Background(), os.Getenv)
	wanted := os.Getenv("CCDEV_TEST_RUNTIMES")
	switch {
	case wanted == "" && err != nil:
		fmt.Println("NOT RUN: the end to end tests on Docker:", err)
		return []string{"process"}, nil
	case wanted == "":
		return []string{"process", "docker"}, nil
	case err != nil && slices.Contains(strings.Split(wanted, ","), "docker"):
		return nil, fmt.Errorf("CCDEV_TEST_RUNTIMES asks for docker: %w", err)
	default:
		return strings.Split(wanted, ","), nil
	}
}

// removeImages removes the images that were made for this build of ccdev only.
func removeImages(bin string) {
	ctx := context.Background()
	engine, err := docker.Connect(ctx, os.Getenv)
	if err != nil {
		return
	}
	program, err := os.ReadFile(filepath.Join(bin, "ccdev"))
	if err != nil {
		return
	}
	sum := sha256.Sum256(program)
	images, _ := engine.Images(ctx) // what cannot be listed cannot be removed
	for _, i := range images {
		ours := i.Labels[runtime.ImageLabel] == binaries.PeerImage || i.Labels[runtime.ImageLabel] == binaries.NodeImage
		if ours && i.Labels[binaries.AgentLabel] == hex.EncodeToString(sum[:])[:12] {
			_ = engine.RemoveImage(ctx, i.Ref) // in use by somebody: theirs to remove
		}
	}
}

// environ is what ccdev runs with: this machine's Go, and no network settings of the developer.
func (b bed) environ() []string {
	env := []string{
		"PATH=" + b.bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"CCDEV_CACHE=" + b.cache,
	}
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB").Output()
	if err != nil {
		panic(err) // the tests themselves were built with it
	}
	values := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	for i, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB"} {
		env = append(env, name+"="+values[i])
	}
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "GOFLAGS"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func TestScripts(t *testing.T) {
	for _, name := range shared.runtimes {
		t.Run(name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir: filepath.Join("testdata", "both"),
				Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
					"nothing-left": nothingLeft,
					"json":         compareJSON,
					"crash":        crash,
					"listen":       listen,
					"soon":         soon,
					"external":     external,
					"couchdb":      couchDB,
				},
				Setup: func(env *testscript.Env) error {
					env.Vars = append(env.Vars, shared.environ()...)
					env.Vars = append(env.Vars, "RUNTIME="+name, "BIN="+shared.bin)
					env.Defer(func() { takeDown(env.WorkDir) })
					return nil
				},
				Condition: func(cond string) (bool, error) {
					if cond == "docker" || cond == "process" {
						return name == cond, nil
					}
					return false, fmt.Errorf("unknown condition %q", cond)
				},
			})
		})
	}
}

// takeDown ends what a failed script has left.
func takeDown(dir string) {
	states, _ := filepath.Glob(filepath.Join(dir, "*", ".ccdev")) // the pattern is right
	for _, state := range states {
		if out, err := ccdev(filepath.Dir(state), "down", "-v").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "take down %s: %v\n%s", state, err, out)
		}
	}
}
