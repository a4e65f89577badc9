package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// project is a chaincode project in a temporary folder, with the network it may have.
type project struct {
	program  string // ccdev
	root     string // the temporary folder
	dir      string // the project's, in it
	row      row
	progress io.Writer
	edits    int
	staying  *staying // an up that stays; or none
	asks     callers  // one that asks which code answers; or none
}

// chaincode is what the projects' chaincode is called, after their folder.
const chaincode = "assets"

// newProject makes the project that a row needs. close must be called.
func (b bench) newProject(ctx context.Context, r row) (*project, error) {
	root, err := os.MkdirTemp("", "ccdev-bench")
	if err != nil {
		return nil, err
	}
	p := &project{program: b.ccdev, root: root, dir: root, row: r, progress: b.progress}
	dir := filepath.Join(root, chaincode)
	if _, err := p.ccdev(ctx, "init", dir, "--template", "go"); err != nil {
		return nil, errors.Join(err, os.RemoveAll(root))
	}
	p.dir = dir
	return p, nil
}

// The limits of a single ccdev command. The first of all may have to compile Fabric.
const (
	commandLimit = 15 * time.Minute
	downLimit    = time.Minute
	interruptFor = 30 * time.Second // what a command has for cleaning up, before it is killed
)

// close ends an up that stays, takes the network down, after ctx has ended too, and removes the
// folder. The folder of a network that could not be removed is kept, and named.
func (p *project) close(ctx context.Context) error {
	p.asks.close()
	var ended error
	if p.staying != nil {
		ended = p.staying.end()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downLimit)
	defer cancel()
	if _, err := p.ccdev(ctx, "down", "-v"); err != nil {
		return errors.Join(ended, fmt.Errorf("a network was left in %s: %w", p.dir, err))
	}
	return errors.Join(ended, os.RemoveAll(p.root))
}

// call is a ccdev command that has ended.
type call struct {
	stdout, stderr []byte
	took           time.Duration
}

// ccdev runs a command in the project's folder. Its errors show what the command said.
func (p *project) ccdev(ctx context.Context, args ...string) (call, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := p.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	c := call{stdout: stdout.Bytes(), stderr: stderr.Bytes(), took: time.Since(start)}
	if err != nil {
		err = fmt.Errorf("ccdev %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(c.stderr))
	}
	return c, err
}

// command is ccdev in the project's folder, which is interrupted when ctx ends.
func (p *project) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.program, args...)
	cmd.Dir = p.dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptFor
	apart(cmd)
	return cmd
}

// up brings the row's network up.
func (p *project) up(ctx context.Context) (call, error) {
	return p.ccdev(ctx, "up", "-d", "--runtime", p.row.runtime, "--orgs", strconv.Itoa(p.row.orgs))
}

// fails runs a command that must fail, and say so in words that contain why.
func (p *project) fails(ctx context.Context, why string, args ...string) error {
	c, err := p.ccdev(ctx, args...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	if err == nil || !bytes.Contains(c.stderr, []byte(why)) {
		return fmt.Errorf("ccdev %s should fail because of %q: it said\n%s%s", strings.Join(args, " "), why, c.stdout, c.stderr)
	}
	return nil
}

// edit changes the chaincode's source as a developer does, and gives the words that only the
// new code says.
func (p *project) edit() (mark string, err error) {
	p.edits++
	file := filepath.Join(p.dir, "asset.go")
	source, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	source, mark, err = edited(source, p.edits)
	if err != nil {
		return "", err
	}
	return mark, os.WriteFile(file, source, 0o644)
}

// existsAlready is a string in the template's source, with what an edit before has made of it.
var existsAlready = regexp.MustCompile(`exists already(, says edit \d+)?`)

func edited(source []byte, number int) (changed []byte, mark string, err error) {
	if n := len(existsAlready.FindAll(source, -1)); n != 1 {
		return nil, "", fmt.Errorf("the template's asset.go says %q %d times: edit it elsewhere", "exists already", n)
	}
	mark = fmt.Sprintf("exists already, says edit %d", number)
	return existsAlready.ReplaceAllLiteral(source, []byte(mark)), mark, nil
}
