package binaries

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/ccdev/ccdev/internal/procgroup"
)

const logLines = 20 // of Go's own output, kept to explain a failure

// goTool is this machine's go command, set up for one module and one target.
type goTool struct {
	path string
	dir  string   // of the module
	env  []string // on top of this process's own, so that the user's proxy and checksum settings hold
}

// newGoTool sets every variable that could turn the build into another one. Go takes an empty
// variable for one that is not set and then reads the user's "go env -w" file, so none is empty.
func newGoTool(path, dir, workDir string, t Target) goTool {
	return goTool{path: path, dir: dir, env: []string{
		"GOOS=" + t.OS, "GOARCH=" + t.Arch, "CGO_ENABLED=0",
		"GO111MODULE=on", "GOWORK=off", "GOFLAGS=-mod=readonly",
		"GOTMPDIR=" + workDir, // so that what a killed go leaves is removed with the rest
	}}
}

// goError is a go command that failed, with the last lines it wrote.
type goError struct {
	command string
	log     []string
	err     error
}

func (e *goError) Error() string {
	if len(e.log) == 0 {
		return e.command + ": " + e.err.Error()
	}
	return e.command + ": " + e.log[len(e.log)-1]
}

func (e *goError) Unwrap() error { return e.err }

// run gives what the command wrote on stdout. Each line of stderr goes to line, if there is
// one; what that reports as its own is kept out of the log of a failure. When ctx ends, the
// command and all it started are killed, and are gone when run returns.
func (g goTool) run(ctx context.Context, line func(string) bool, args ...string) ([]byte, error) {
	cmd := procgroup.Command(ctx, g.path, args...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), g.env...)
	var out bytes.Buffer
	lines := &lineWriter{line: line}
	cmd.Stdout, cmd.Stderr = &out, lines
	err := cmd.Run()
	if ctx.Err() != nil {
		procgroup.Gone(cmd)
		return nil, context.Cause(ctx)
	}
	lines.flush()
	if err != nil {
		return out.Bytes(), &goError{command: "go " + strings.Join(args[:min(2, len(args))], " "), log: lines.log, err: err}
	}
	return out.Bytes(), nil
}

// lineWriter cuts what is written to it into lines and keeps the last ones.
type lineWriter struct {
	line    func(string) bool
	partial []byte
	log     []string
}

func (w *lineWriter) Write(data []byte) (int, error) {
	n := len(data)
	for {
		head, rest, found := bytes.Cut(data, []byte("\n"))
		w.partial = append(w.partial, head...)
		if !found {
			return n, nil
		}
		w.flush()
		data = rest
	}
}

func (w *lineWriter) flush() {
	text := strings.TrimRight(string(w.partial), " \t\r")
	w.partial = w.partial[:0]
	if text == "" || (w.line != nil && w.line(text)) {
		return
	}
	w.log = append(w.log, text)
	if len(w.log) > logLines {
		w.log = w.log[1:]
	}
}

// findGo gives the go command on the PATH.
func findGo() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("find Go: %w", err)
	}
	return path, nil
}
