package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/wait"
)

// composeTool is what runs compose files on this machine.
func composeTool(t *testing.T) []string {
	t.Helper()
	if !slices.Contains(shared.runtimes, "docker") {
		t.Skip("NOT RUN: it needs Docker")
	}
	if _, err := exec.LookPath("docker-compose"); err == nil {
		return []string{"docker-compose"}
	}
	if exec.Command("docker", "compose", "version").Run() == nil {
		return []string{"docker", "compose"}
	}
	t.Skip("NOT RUN: there is no compose tool on this machine")
	return nil
}

const exportedProject = `orgs: 2
chaincodes:
  - {name: demo, endorsement: "AND('Org1MSP.peer','Org2MSP.peer')", env: {PRICE: "$5"}}
  - {name: secure, tls: mutual, init: {function: put, args: [made, by init]}}
`

// The exported folder, moved away, runs the network by a compose tool alone: with two orgs, TLS and an
// init. Clients in Go and Node call it through the connection in the folder.
func TestExportedCompose(t *testing.T) {
	tool := composeTool(t)
	dir := project(t, "demo")
	if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(exportedProject), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, ccdev(dir, "up", "-d", "--runtime", "docker"))
	mustRun(t, ccdev(dir, "export", "compose", "-d", filepath.Join(dir, "out")))
	mustRun(t, ccdev(dir, "down"))
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(filepath.Join(dir, "out"), moved); err != nil {
		t.Fatal(err)
	}
	checkExported(t, moved, dir)

	compose := inProject(tool, moved, "go")
	t.Cleanup(func() { mustRun(t, compose("down", "-v")) })
	connection := filepath.Join(moved, "connection.json")
	for _, key := range []string{"first", "again"} {
		mustRun(t, compose("up", "-d"))
		awaitSetup(t, compose)
		goClient(t, connection, "put", key, "Go")
		nodeClient(t, connection, "put", key, "Node")
		if got := goClient(t, connection, "get", key); got != "Node" {
			t.Errorf("%s: %q is in the ledger", key, got)
		}
		mustRun(t, compose("stop"))
	}
}

// A Node chaincode is exported with its dependencies.
func TestExportedComposeOfNode(t *testing.T) {
	tool := composeTool(t)
	needNode(t)
	dir := project(t, "demo")
	writeNodeProject(t, dir, "docker", "ts")
	mustRun(t, ccdev(dir, "up", "-d", "--runtime", "docker"))
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, ccdev(dir, "export", "compose", "-d", out))
	mustRun(t, ccdev(dir, "down"))
	compose := inProject(tool, out, "node")
	t.Cleanup(func() { mustRun(t, compose("down", "-v")) })
	mustRun(t, compose("up", "-d"))
	awaitSetup(t, compose)
	goClient(t, filepath.Join(out, "connection.json"), "put", "a", "1")
	if got := goClient(t, filepath.Join(out, "connection.json"), "get", "a"); got != "1" {
		t.Errorf("it reads %q", got)
	}
}

// inProject calls the tool in a folder, for a project of this test run.
func inProject(tool []string, dir, name string) func(...string) *exec.Cmd {
	return func(args ...string) *exec.Cmd {
		project := []string{"-p", fmt.Sprintf("ccdev-export-%s-%d", name, os.Getpid())}
		cmd := exec.Command(tool[0], slices.Concat(tool[1:], project, args)...)
		cmd.Dir = dir
		return cmd
	}
}

// checkExported checks that nobody else can read the folder, and that it leads nowhere on this machine.
func checkExported(t *testing.T, dir, was string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can see %s: %v", file, info.Mode())
		}
		if entry.IsDir() || info.Mode()&0o100 != 0 {
			return nil // a program has the paths of its sources in it, for panics
		}
		text, err := os.ReadFile(file)
		if bytes.Contains(text, []byte(was)) {
			t.Errorf("%s has the path of the project in it", file)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// awaitSetup waits until the service that deploys the chaincodes has ended well.
func awaitSetup(t *testing.T, compose func(...string) *exec.Cmd) {
	t.Helper()
	err := wait.For(t.Context(), 3*time.Minute, func(context.Context) error {
		id := strings.TrimSpace(mustRun(t, compose("ps", "-a", "-q", "ccdev-setup")))
		state := mustRun(t, exec.Command("docker", "inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", id))
		if strings.TrimSpace(state) != "exited 0" {
			return fmt.Errorf("it is %s", state)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, mustRun(t, compose("logs")))
	}
}
