//go:build unix

package host

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ccdev/ccdev/internal/relay"
)

// behaviour is the variable that makes the test binary a chaincode, or something else that a test
// wants to run.
const behaviour = "CCDEV_TEST_BEHAVIOUR"

// quickExit keeps the race detector from waiting for a second at the end of a process.
const quickExit = "GORACE=atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	name, argument, _ := strings.Cut(os.Getenv(behaviour), "=")
	if name == "" {
		os.Exit(m.Run())
	}
	behave, ok := behaviours[name]
	if !ok {
		fmt.Println("no behaviour is called", name)
		os.Exit(99)
	}
	behave(argument)
}

// behaviours of the test binary. Those that return exit with 0.
var behaviours = map[string]func(string){}

func init() {
	maps.Copy(behaviours, map[string]func(string){
		"block":  func(string) { block() },
		"exit":   func(code string) { os.Exit(number(code)) },
		"panic":  func(string) { panic("lost the asset") },
		"signal": signalSelf,
		"print":  func(text string) { fmt.Print(text) },
		"lines":  printLines,
		"tell":   tell,
		"listen": listenAsTold,
		"parent": func(string) { fmt.Println("child", spawn("block", false)); block() },
		"leave":  func(string) { fmt.Println("child", spawn("block", false)); os.Exit(5) },
		"escape": func(string) { fmt.Println("child", spawn("block", true)); os.Exit(6) },
		"relay":  beRelay,

		"parents": beRelayOfParent,
	})
}

// block waits for a signal to end the process.
func block() { select {} }

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func signalSelf(sig string) {
	_ = syscall.Kill(os.Getpid(), syscall.Signal(number(sig)))
	block()
}

// printLines prints a number of lines, each of them its own number many times.
func printLines(count string) {
	for i := range number(count) {
		fmt.Println(strings.TrimSpace(strings.Repeat(strconv.Itoa(i)+" ", 200)))
	}
}

// told is what a process was started with.
type told struct {
	Args []string
	Env  []string
	Dir  string
}

func tell(string) {
	dir, _ := os.Getwd()
	text, err := json.Marshal(told{Args: os.Args[1:], Env: os.Environ(), Dir: dir})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

func listenAsTold(string) {
	l, err := net.Listen("tcp", os.Getenv("CHAINCODE_SERVER_ADDRESS"))
	if err != nil {
		panic(err)
	}
	fmt.Println("listening")
	for {
		conn, err := l.Accept()
		if err != nil {
			panic(err)
		}
		_ = conn.Close()
	}
}

// spawn starts the test binary once more, in a group of its own or not, and gives its pid.
func spawn(how string, away bool) int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), behaviour+"="+how)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: away}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd.Process.Pid
}

// beRelay starts a chaincode and waits to be killed.
func beRelay(dir string) {
	h := New(Options{Dir: dir, Env: append(os.Environ(), behaviour+"=block")})
	p, err := h.Start(background, relay.Launch{Generation: 1, Program: os.Args[0]})
	if err != nil {
		panic(err)
	}
	fmt.Println("child", p.PID())
	block()
}

// beRelayOfParent starts a chaincode that starts another process, and waits to be killed.
func beRelayOfParent(dir string) {
	h := New(Options{Dir: dir, Env: append(os.Environ(), behaviour+"=parent"), Out: os.Stdout})
	if _, err := h.Start(background, relay.Launch{Generation: 1, Program: os.Args[0]}); err != nil {
		panic(err)
	}
	block()
}

// started reads the pid that a process says after "child" on a line of its own.
func started(t *testing.T, lines *bufio.Scanner) int {
	t.Helper()
	for lines.Scan() {
		if pid, ok := strings.CutPrefix(lines.Text(), "child "); ok {
			return number(pid)
		}
	}
	t.Fatal("the process did not say whom it started")
	return 0
}
