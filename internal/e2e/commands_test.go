package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	projectconfig "github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/rogpeppe/go-internal/testscript"
)

// nothingLeft fails if anything of the projects below a folder is there still. It asks the
// kernel and the engine, not ccdev: a process that runs in the folder, or names it in its
// command line or environment; a container, network or volume with its label; a file of state.
func nothingLeft(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nothing-left DIR")
	}
	dir := ts.MkAbs(args[0])
	if left := leftOf(dir, ts.Getenv("CCDEV_CACHE")); len(left) > 0 {
		ts.Fatalf("left of %s:\n%s", dir, strings.Join(left, "\n"))
	}
}

func leftOf(dir, cache string) []string {
	left := append(processesOf(dir), dockerObjectsOf(dir)...)
	if _, err := os.Stat(filepath.Join(dir, ".ccdev")); err == nil {
		left = append(left, filepath.Join(dir, ".ccdev"))
	}
	book, err := os.ReadFile(filepath.Join(cache, "ports", "ports.json"))
	if err == nil && bytes.Contains(book, []byte(strconv.Quote(dir))) {
		left = append(left, "ports of "+dir)
	}
	return left
}

func processesOf(dir string) []string {
	var left []string
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	for _, folder := range folders {
		if folder == "/proc/"+strconv.Itoa(os.Getpid()) {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join(folder, "cmdline")) // it may have ended meanwhile
		environ, _ := os.ReadFile(filepath.Join(folder, "environ"))
		cwd, _ := os.Readlink(filepath.Join(folder, "cwd"))
		state := filepath.Join(dir, ".ccdev")
		if bytes.Contains(cmdline, []byte(state)) || bytes.Contains(environ, []byte(state)) || strings.HasPrefix(cwd, state) {
			left = append(left, filepath.Base(folder)+": "+string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})))
		}
	}
	return left
}

func dockerObjectsOf(dir string) []string {
	filter := "label=dev.ccdev.dir=" + dir
	var left []string
	for _, list := range [][]string{
		{"ps", "-a", "--filter", filter, "--format", "container {{.Names}}"},
		{"network", "ls", "--filter", filter, "--format", "network {{.Name}}"},
		{"images", "--filter", filter, "--format", "image {{.ID}}"},
		{"images", "--filter", "reference=ccdev/unfinished-" + projectconfig.Project{Dir: dir}.ID(), "--format", "image {{.ID}}"},
		{"volume", "ls", "--filter", filter, "--format", "volume {{.Name}}"},
	} {
		out, err := exec.Command("docker", list...).Output()
		if err != nil {
			continue // no engine: nothing can be on it
		}
		left = append(left, strings.Fields(strings.ReplaceAll(string(out), " ", "_"))...)
	}
	return left
}

// compareJSON checks a value in the last output, or in a file: json PATH VALUE, where PATH is
// keys and indexes joined by dots.
func compareJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH VALUE")
	}
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is not one JSON document: %v", args[0], err)
	}
	for _, key := range strings.Split(args[1], ".") {
		switch at := doc.(type) {
		case map[string]any:
			doc = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(at) {
				ts.Fatalf("no %s in %v", key, at)
			}
			doc = at[i]
		default:
			ts.Fatalf("no %s in %v", key, doc)
		}
	}
	if got := fmt.Sprint(doc); (got == args[2]) == neg {
		ts.Fatalf("%s is %q", args[1], got)
	}
}

// crash kills a service of the project in a folder: crash DIR SERVICE.
func crash(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crash DIR SERVICE")
	}
	ts.Check(crashService(ts.MkAbs(args[0]), args[1]))
}

// crashService kills a service the hard way, by its pid, and waits until the runtime has noticed,
// or runs it again.
func crashService(dir, service string) error {
	victim := 0
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		status, err := statusOf(dir)
		if err != nil {
			return err
		}
		pid := status.pid(service)
		switch {
		case victim == 0 && pid == 0:
			return fmt.Errorf("%s does not run", service)
		case victim == 0:
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				return err
			}
			victim = pid
		case pid != victim:
			return nil
		}
	}
	return fmt.Errorf("%s still counts as running", service)
}

// soon runs ccdev until it succeeds: a chaincode that an engine starts again comes back by itself, and
// callers hear until then that it is not ready.
func soon(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: soon ARG...")
	}
	err := wait.For(context.Background(), patience, func(context.Context) error { return ts.Exec("ccdev", args...) })
	if err != nil {
		ts.Fatalf("ccdev %s: %v", strings.Join(args, " "), err)
	}
}

// listen takes a port until the end of the script: listen PORT.
func listen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listen PORT")
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
}

// status is what the tests read of "ccdev status -o json".
type status struct {
	State    string
	Height   int
	Services []struct {
		Name    string
		State   string
		PID     int
		Address string
	}
	Chaincodes []struct {
		Sequence, Generation int
		PackageID            string
	}
}

func (s status) pid(service string) int {
	for _, svc := range s.Services {
		if svc.Name == service && svc.State == "running" {
			return svc.PID
		}
	}
	return 0
}

func statusOf(dir string) (s status, err error) {
	out, err := ccdev(dir, "status", "-o", "json").Output()
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	return s, err
}

// ccdev is the program under test, in a folder.
func ccdev(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(shared.bin, "ccdev"), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CCDEV_CACHE="+shared.cache)
	return cmd
}
