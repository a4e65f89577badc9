package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ccdev/ccdev/internal/terminal"
	"github.com/creack/pty"
	"golang.org/x/term"
)

// screen is a ccdev up on a terminal of its own, with somebody in front of it.
type screen struct {
	*testing.T
	terminal  *terminal.Terminal
	keys, tty *os.File
	before    *term.State
	up        *exec.Cmd
}

func openScreen(t *testing.T, dir string, width, height int, args ...string) *screen {
	t.Helper()
	return startScreen(t, ccdev(dir, append([]string{"up"}, args...)...), width, height)
}

// startScreen starts a ccdev up on a terminal.
func startScreen(t *testing.T, up *exec.Cmd, width, height int) *screen {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{T: t, terminal: terminal.New(width, height), keys: keys, tty: tty, up: up}
	s.resize(width, height)
	if s.before, err = term.GetState(int(tty.Fd())); err != nil {
		t.Fatal(err)
	}
	s.up.Env = slices.DeleteFunc(s.up.Env, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"CI", "NO_COLOR", "ACCESSIBLE", "CCDEV_TUI", "TERM", "EDITOR", "VISUAL"}, name)
	})
	s.up.Env = append(s.up.Env, "TERM=xterm-256color")
	s.up.Stdin, s.up.Stdout, s.up.Stderr = tty, tty, tty
	s.up.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.up.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(s.terminal, keys) // to its end, which is an error on Linux
	}()
	t.Cleanup(func() {
		if s.up.ProcessState == nil {
			_ = s.up.Process.Kill()
			_ = s.up.Wait()
		}
		_ = tty.Close()
		_ = keys.Close()
		<-read
	})
	return s
}

func (s *screen) resize(width, height int) {
	s.terminal.Resize(width, height)
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		s.Fatal(err)
	}
}

// press writes keys as a terminal sends them.
func (s *screen) press(keys string) {
	s.Helper()
	if _, err := s.keys.WriteString(keys); err != nil {
		s.Fatal(err)
	}
}

// shows waits until the screen shows all of that at once.
func (s *screen) shows(texts ...string) {
	s.Helper()
	s.until(fmt.Sprintf("it shows %q", texts), func() bool {
		text := s.terminal.Text()
		return !slices.ContainsFunc(texts, func(want string) bool { return !strings.Contains(text, want) })
	})
}

// until waits until it is so.
func (s *screen) until(what string, so func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	for {
		more := s.terminal.Change()
		if so() {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			s.Fatalf("never so: %s\n%s", what, s.terminal.Text())
		}
	}
}

// ends waits for the program's end, and checks that the terminal is as it was: its modes, its usual
// screen, with a few lines on it that say that.
func (s *screen) ends(code int, says string) {
	s.Helper()
	_ = s.up.Wait() // the exit code tells
	if got := s.up.ProcessState.ExitCode(); got != code {
		s.Errorf("exit code %d, want %d", got, code)
	}
	after, err := term.GetState(int(s.tty.Fd()))
	if err != nil || !reflect.DeepEqual(s.before, after) {
		s.Errorf("the terminal's modes are %+v (%v), and were %+v", after, err, s.before)
	}
	if _, err := s.tty.WriteString("the end"); err != nil { // all that was written before is there then
		s.Fatal(err)
	}
	s.shows("the end", says)
	text := s.terminal.Text()
	if lines := strings.Count(strings.TrimSpace(text), "\n") + 1; lines > 11 {
		s.Errorf("it leaves %d lines:\n%s", lines, text)
	}
	for mode, on := range s.terminal.Modes() {
		if usual := mode == 25 || mode == 7; on != usual {
			s.Errorf("mode %d is %v", mode, on)
		}
	}
}

// shown is a chaincode that logs, and crashes where it is told to.
const shown = `package main

import (
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type store struct{ owners map[string]string }

func (store) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (s store) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	if len(args) < 2 {
		return shim.Error("two arguments are wanted")
	}
	if function == "lose" {
		s.owners[args[0]] = "nobody"
	}
	log.Print(function, " of ", args)
	if err := stub.PutState(args[0], []byte(args[1])); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success([]byte("VERSION"))
}

func main() {
	BEGIN
	if err := shim.Start(store{}); err != nil {
		log.Fatal(err)
	}
}
`

func save(t *testing.T, dir, version, begin string) {
	t.Helper()
	source := strings.NewReplacer("VERSION", version, "BEGIN", begin).Replace(shown)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
}

const nothing = `_ = os.Args`

// onProcesses leaves a test out where that runtime is not asked for: the screen is the same on each.
func onProcesses(t *testing.T) {
	t.Helper()
	if !slices.Contains(shared.runtimes, "process") {
		t.Skip("CCDEV_TEST_RUNTIMES leaves the process runtime out")
	}
	t.Parallel()
}

// A day with the screen: the network comes up, a save goes wrong and right, functions are called,
// the chaincode crashes, and the user goes, comes back, and ends it.
func TestScreen(t *testing.T) {
	onProcesses(t)
	dir := project(t, "demo")
	save(t, dir, "one", nothing)
	s := openScreen(t, dir, 120, 40, "--runtime", "process")
	s.shows(" LIVE\n", "demo seq 1 gen 1", "● peer0.org1 running", "none yet: i calls a function", "watching ")

	save(t, dir, "two", "oops")
	s.shows("BUILD FAILED", "● serving generation 1", "main.go:31:2: undefined: oops", "Enter edit")
	save(t, dir, "two", nothing)
	s.shows(" LIVE\n", "gen 2", "changed → live in", "main.go")

	s.press("i")
	s.shows("call demo", "does not tell its functions", "Esc close")
	s.press("put asset1 '100 or so'\r")
	s.shows("✓ VALID in block", "two")
	s.press("\x1b")
	s.shows("3 transactions", "✓ VALID", "put of [asset1 100 or so]")
	s.press("3\r")
	s.shows("✓ VALID in block", "put(asset1, 100 or so)", "PUT_STATE asset1", "y copy as ccdev")
	s.press("\x1b")
	s.shows("2 logs")
	s.press("b")
	s.shows("state of demo · 1 of 1", "▸asset1", "100 or so")
	s.press("\x1b")
	s.shows("2 logs")
	s.press("2/or so\r")
	s.shows("or so: 1 hit", "n/N next hit")
	s.press("n")
	s.shows("or so: 1 of 1")
	s.resize(80, 24)
	s.shows("┏─ 2 logs  [all]", "? help")
	s.press("\x1b")
	s.shows("\n s follow  / search")

	s.press("ilose it all\r")
	s.shows("✗ ", "panic: assignment to entry in nil map")
	s.press("\x1b")
	s.shows("demo has crashed", "panic:")
	save(t, dir, "three", `println("no settings"); os.Exit(4)`)
	s.shows("BUILD FAILED", "exit code 4")
	save(t, dir, "three", nothing)
	s.shows(" LIVE\n", "changed → live in")

	s.press("d")
	s.ends(0, `the network runs on: "ccdev up" comes back to it`)
	if st, err := statusOf(dir); err != nil || st.State != "up" {
		t.Errorf("after it was left the network is %q (%v)", st.State, err)
	}
	s = openScreen(t, dir, 80, 24)
	s.shows(" LIVE\n", "● orderer running", "gen 4", "✓ VALID    block", "✗ failed   gen 2") // of calls made before
	s.press("\x03")
	s.shows("What is to become of the network?", "l   leave it running")
	s.press("\x03")
	s.ends(0, "the ledger is kept")
	if st, err := statusOf(dir); err != nil || st.State != "down" {
		t.Errorf("after it was stopped the network is %q (%v)", st.State, err)
	}
}

// A signal ends the screen as it ends an up without one: the network is stopped, and the terminal as it was.
func TestScreenSignals(t *testing.T) {
	onProcesses(t)
	dir := project(t, "demo")
	save(t, dir, "one", nothing)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		s := openScreen(t, dir, 120, 40, "--runtime", "process")
		s.shows(" LIVE\n")
		if err := s.up.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		s.ends(143, "the ledger is kept")
		if st, err := statusOf(dir); err != nil || st.State != "down" {
			t.Errorf("after %v the network is %q (%v)", sig, st.State, err)
		}
	}
}
