package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

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
	left := append(processesOf(dir), dockerObjectsOf(dir)...)
	if _, err := os.Stat(filepath.Join(dir, ".ccdev")); err == nil {
		left = append(left, filepath.Join(dir, ".ccdev"))
	}
	if book, err := os.ReadFile(filepath.Join(ts.Getenv("CCDEV_CACHE"), "ports.json")); err == nil && bytes.Contains(book, []byte(strconv.Quote(dir))) {
		left = append(left, "ports of "+dir)
	}
	if len(left) > 0 {
		ts.Fatalf("left of %s:\n%s", dir, strings.Join(left, "\n"))
	}
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

// crash kills a service of the project in a folder the hard way, by its pid: crash DIR SERVICE.
func crash(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crash DIR SERVICE")
	}
	cmd := exec.Command(filepath.Join(shared.bin, "ccdev"), "status", "-o", "json", "--dir", ts.MkAbs(args[0]))
	cmd.Env = append(os.Environ(), "CCDEV_CACHE="+shared.cache)
	out, err := cmd.Output()
	ts.Check(err)
	var status struct {
		Services []struct {
			Name string
			PID  int
		}
	}
	ts.Check(json.Unmarshal(out, &status))
	for _, s := range status.Services {
		if s.Name == args[1] && s.PID != 0 {
			ts.Check(syscall.Kill(s.PID, syscall.SIGKILL))
			return
		}
	}
	ts.Fatalf("%s does not run", args[1])
}
