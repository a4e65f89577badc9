package binaries

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// The fake go is this test binary under the name go, steered by these variables.
const (
	fakeMode    = "FAKE_GO_MODE"    // the word that says it is to be a go at all, and which
	fakeVersion = "FAKE_GO_VERSION" // what GOVERSION says
	fakeDir     = "FAKE_GO_DIR"     // calls, gate.lock and compiler.lock are in it
)

// fakeScript answers the many calls for one module each by itself, being quicker to start, and
// spares the others the second that the race detector waits at the end of each process.
const fakeScript = `#!/bin/sh
if [ "$1" = mod ] && [ "$FAKE_GO_MODE" != offline ]; then
	echo '{"Args":["mod"]}' >>"$FAKE_GO_DIR/calls"
	exit 0
fi
GORACE=atexit_sleep_ms=0 exec '%s' "$@"
`

func TestMain(m *testing.M) {
	switch mode := os.Getenv(fakeMode); mode {
	case "":
		os.Exit(m.Run())
	case "compiler":
		os.Exit(fakeCompiler())
	default:
		os.Exit(fakeGo(mode, os.Args[1:]))
	}
}

// fakeCall is one call of the fake go, as it was seen from inside.
type fakeCall struct {
	Args []string
	Env  map[string]string
}

func fakeGo(mode string, args []string) int {
	call := fakeCall{Args: args, Env: map[string]string{}}
	for _, name := range []string{"GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOWORK", "GOPROXY"} {
		call.Env[name] = os.Getenv(name)
	}
	line, _ := json.Marshal(call)
	f, err := os.OpenFile(filepath.Join(os.Getenv(fakeDir), "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return 3
	}
	_, _ = f.Write(append(line, '\n'))
	_ = f.Close()
	switch {
	case args[0] == "env":
		fmt.Println(os.Getenv(fakeVersion))
	case args[0] == "mod" && mode == "offline":
		fmt.Printf(`{"Path":%q,"Error":"dial tcp: no such host"}`+"\n", args[3])
		return 1
	case args[0] == "list":
		fmt.Println("example.org/a\nexample.org/b\nexample.org/c")
	case args[0] == "build":
		return fakeBuild(mode, args)
	}
	return 0
}

func fakeBuild(mode string, args []string) int {
	switch mode {
	case "diskfull":
		fmt.Fprintln(os.Stderr, "example.org/a\n# example.org/b\nwrite b.o: no space left on device")
		return 1
	case "gated":
		fmt.Fprintln(os.Stderr, "example.org/a")
		if flock.New(filepath.Join(os.Getenv(fakeDir), "gate.lock")).Lock() != nil {
			return 3
		}
	case "endless":
		compiler := exec.Command(os.Args[0])
		compiler.Env = append(os.Environ(), fakeMode+"=compiler")
		out, err := compiler.StdoutPipe()
		if err != nil || compiler.Start() != nil {
			return 3
		}
		bufio.NewScanner(out).Scan() // it holds its lock
		fmt.Fprintln(os.Stderr, "example.org/a")
		_ = compiler.Wait()
	}
	out := args[slices.Index(args, "-o")+1]
	for _, name := range []string{"peer", "orderer"} {
		if err := os.WriteFile(filepath.Join(out, name), []byte("program "+name), 0o755); err != nil {
			return 3
		}
	}
	return 0
}

// fakeCompiler holds a lock until it is killed, or for a minute when nobody does.
func fakeCompiler() int {
	if flock.New(filepath.Join(os.Getenv(fakeDir), "compiler.lock")).Lock() != nil {
		return 3
	}
	fmt.Println("compiling")
	time.Sleep(time.Minute)
	return 0
}

// useFakeGo puts a fake go alone on the PATH, and gives the folder it works in.
func useFakeGo(t *testing.T, mode string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(fmt.Sprintf(fakeScript, exe)), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv(fakeDir, dir)
	t.Setenv(fakeVersion, "go1.99.0")
	t.Setenv(fakeMode, mode)
	return dir
}

func fakeCalls(t *testing.T, dir, command string) []fakeCall {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var calls []fakeCall
	for line := range strings.Lines(string(data)) {
		var call fakeCall
		if err := json.Unmarshal([]byte(line), &call); err != nil {
			t.Fatal(err)
		}
		if call.Args[0] == command {
			calls = append(calls, call)
		}
	}
	return calls
}

// take locks a file of the fake go, which fails when it stays locked.
func take(t *testing.T, path string) *flock.Flock {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	l := flock.New(path)
	if ok, err := l.TryLockContext(ctx, 10*time.Millisecond); !ok {
		t.Fatalf("%s stays locked: %v", filepath.Base(path), err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
