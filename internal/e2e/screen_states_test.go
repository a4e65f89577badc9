package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// gate holds whoever reads its file until it is opened, once for each time.
type gate struct {
	*testing.T
	path string
}

func newGate(t *testing.T) gate {
	t.Helper()
	g := gate{t, filepath.Join(t.TempDir(), "gate")}
	if err := syscall.Mkfifo(g.path, 0o600); err != nil {
		t.Fatal(err)
	}
	return g
}

// open lets one reader through.
func (g gate) open() {
	g.Helper()
	if err := os.WriteFile(g.path, nil, 0); err != nil {
		g.Fatal(err)
	}
}

// The states that are over in a moment, each held for as long as it takes to look at it.
func TestScreenStates(t *testing.T) {
	onProcesses(t)
	dir := project(t, "demo")
	g := newGate(t)
	dead := filepath.Join(t.TempDir(), "dead")
	waits := fmt.Sprintf("_, _ = os.ReadFile(%q)", g.path)

	save(t, dir, "one", waits)
	s := openScreen(t, dir, 120, 40, "--runtime", "process")
	s.shows("DEPLOYING", "✓ commit demo", "… start demo", "Ctrl-C quit", "? help")
	s.press("i")
	s.shows("the network is not up yet")
	s.resize(40, 12)
	s.shows("DEPLOYING", "Ctrl-C quit  ? help")
	s.resize(120, 40)
	g.open()
	s.shows(" LIVE\n", "demo seq 1 gen 1", "watching ") // or the change has no files

	save(t, dir, "two", waits)
	s.shows("REBUILDING", "… demo: starting", "main.go", "generation 1 keeps serving", "i invoke", "Ctrl-C quit")
	s.press("iput a b\r")
	s.shows("✓ VALID in block", "one")
	s.press("\x1b")
	g.open()
	s.shows(" LIVE\n", "gen 2", "changed → live in")

	save(t, dir, "three", fmt.Sprintf("if _, err := os.Stat(%q); err == nil { os.Exit(9) }", dead))
	s.shows(" LIVE\n", "gen 3")
	s.press("iput c d\r") // the generation before is not needed any more
	s.shows("✓ VALID in block", "three")
	s.press("\x1b")
	if err := os.WriteFile(dead, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.press("ilose a b\r")
	s.shows("✗ ", "panic: assignment to entry in nil map")
	s.press("\x1b")
	s.shows("CRASHED", "✗ demo crashed", "exit code 9", "r tries again", "r retry")
	if err := os.Remove(dead); err != nil {
		t.Fatal(err)
	}
	s.press("r")
	s.shows(" LIVE\n", "gen 4")

	if err := crashService(dir, "peer0.org1"); err != nil {
		t.Fatal(err)
	}
	s.shows("PARTLY DOWN", "✗ peer0.org1 does not run", "r retry")
	s.press("r")
	s.shows(" LIVE\n", "● peer0.org1 running")
	s.press("\x03s")
	s.ends(0, "the ledger is kept")
}

// A network on its way up can be left: nothing of it stays.
func TestScreenBooting(t *testing.T) {
	onProcesses(t)
	dir := project(t, "demo")
	g := newGate(t)
	tools := t.TempDir() // a compiler that waits
	if err := os.WriteFile(filepath.Join(tools, "go"), []byte("#!/bin/sh\nread line <"+g.path+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	up := ccdev(dir, "up", "--runtime", "process")
	for i, v := range up.Env {
		if path, found := strings.CutPrefix(v, "PATH="); found {
			up.Env[i] = "PATH=" + tools + string(os.PathListSeparator) + path
		}
	}
	for _, size := range []struct{ width, height int }{{120, 40}, {80, 24}, {40, 12}} {
		again := *up
		again.Env = slices.Clone(up.Env)
		s := startScreen(t, &again, size.width, size.height)
		s.shows("BOOTING", "… build demo", "Ctrl-C quit", "? help")
		s.press("\x03")
		s.shows("What is to become of the network?", "s stop")
		s.press("s")
		s.ends(0, "✓ remove")
		if _, err := os.Stat(filepath.Join(dir, ".ccdev")); !os.IsNotExist(err) {
			t.Errorf("it leaves its folder (%v)", err)
		}
	}
}
