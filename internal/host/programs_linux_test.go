package host

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/relay"
)

func init() {
	behaviours["debugger"] = beDebugger
	behaviours["debugging"] = beRelayOfDebugger
}

// beDebugger runs what lies beside it in a group of its own, as delve does.
func beDebugger(string) {
	cmd := exec.Command("./chaincode")
	cmd.Env = append(os.Environ(), behaviour+"=block")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	fmt.Println("child", cmd.Process.Pid)
	block()
}

// beRelayOfDebugger starts a debugger in dir, and waits to be killed.
func beRelayOfDebugger(dir string) {
	h := New(Options{Dir: filepath.Join(dir, "work"), Env: append(os.Environ(), behaviour+"=debugger"), Out: os.Stdout})
	if _, err := h.Start(background, relay.Launch{Generation: 1, Program: filepath.Join(dir, "bundle"), Debug: true}); err != nil {
		panic(err)
	}
	block()
}

// debugBundle writes a bundle of a debugger and what it runs, both of them the test binary.
func debugBundle(t *testing.T, file string) {
	t.Helper()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	err = bundle.Write(out, bundle.Manifest{Server: []string{"./debugger"}, Debug: true}, []bundle.Entry{
		{Name: "debugger", Mode: 0o700, Data: program}, {Name: "chaincode", Mode: 0o700, Data: program},
	})
	if cerr := out.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
}

func TestWhatADebuggerRunsEndsWithIt(t *testing.T) {
	for name, end := range map[string]func(relay.Process){
		"ended by the relay": func(p relay.Process) { p.Kill() },
		"ended by others":    func(p relay.Process) { _ = syscall.Kill(p.(*process).PID(), syscall.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bundle")
			debugBundle(t, file)
			read, write := io.Pipe()
			defer read.Close() //nolint:errcheck // nobody writes any more
			h := running(t, "debugger", write)
			p, err := h.Start(t.Context(), relay.Launch{Program: file, Debug: true})
			if err != nil {
				t.Fatal(err)
			}
			debugged := started(t, bufio.NewScanner(read))
			t.Cleanup(func() { _ = syscall.Kill(debugged, syscall.SIGKILL) })
			if !alive(debugged) {
				t.Fatal("it did not live")
			}
			end(p)
			gone(t, debugged)
			exit(t, p)
		})
	}
}

func TestWhatTheDebuggerOfAKilledRelayRan(t *testing.T) {
	dir := t.TempDir()
	debugBundle(t, filepath.Join(dir, "bundle"))
	cmd, lines := child(t, "debugging="+dir)
	debugged := started(t, lines)
	t.Cleanup(func() { _ = syscall.Kill(debugged, syscall.SIGKILL) })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !alive(debugged) {
		t.Fatal("it has ended with the relay: there is nothing to see")
	}
	h := New(Options{Dir: filepath.Join(dir, "work")})
	defer h.Close()
	gone(t, debugged)
	if _, err := os.Stat(filepath.Join(dir, "work", DebugFolder)); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
}
