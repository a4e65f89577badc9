//go:build unix

package golang_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/build/golang"
)

// fakeGo is a go command that starts a compiler of its own, tells both pids in a named pipe, and
// leaves a folder in GOTMPDIR, as the real one does when it is killed.
const fakeGo = `#!/bin/sh
mkdir "$GOTMPDIR/go-build123"
sleep 600 &
echo "$$ $!" > "$PIDS"
wait
`

func TestCancellationLeavesNothing(t *testing.T) {
	bin, work := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(fakeGo), 0o700); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(work, "pids")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("PIDS", pipe)
	write(t, filepath.Join(work, "go.mod"), module)
	write(t, filepath.Join(work, "main.go"), "package main\n")
	out := filepath.Join(work, "build", "chaincode")
	write(t, filepath.Join(work, "build", "other"), "")

	ctx, cancel := context.WithCancel(t.Context())
	var pids []string
	go func() {
		text, err := os.ReadFile(pipe) // until the command has told them
		if err == nil {
			pids = strings.Fields(string(text))
		}
		cancel()
	}()
	_, err := golang.Build(ctx, golang.Options{Source: work, Out: out})
	if !errors.Is(err, context.Canceled) || len(pids) != 2 {
		t.Fatalf("pids %q, error %v", pids, err)
	}
	for _, p := range pids {
		pid, err := strconv.Atoi(p)
		if err != nil {
			t.Fatal(err)
		}
		for range 500 { // a killed process is seen until its parent, or init, has reaped it
			if !runs(pid) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if runs(pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Errorf("process %d runs on", pid)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(out))
	if err != nil || len(entries) != 1 || entries[0].Name() != "other" {
		t.Errorf("it has left %v (%v)", entries, err)
	}
}

// runs tells whether a process is more than a zombie.
func runs(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}
