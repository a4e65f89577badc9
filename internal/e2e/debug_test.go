package e2e

import (
	"encoding/json"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// debugging is what the test reads of "ccdev debug -o json".
type debugging struct{ Address, RemoteRoot string }

// debug starts a "ccdev debug" that stays, and ends it with the test.
func debug(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, d debugging) {
	t.Helper()
	cmd = ccdev(dir, append([]string{"debug", "-o", "json"}, args...)...)
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // one that was ended is not there any more
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if err := json.NewDecoder(stdout).Decode(&d); err != nil {
		t.Fatalf("ccdev debug does not say where the debugger is: %v", err)
	}
	return cmd, d
}

// undebug ends a "ccdev debug" as Ctrl-C does.
func undebug(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code tells
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}

// holdTime is beyond the 30 s that a transaction has otherwise. CCDEV_TEST_HOLD makes it longer:
// with 2m it is beyond the 80 s after which a connection that is pinged would end, too.
func holdTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("CCDEV_TEST_HOLD")
	if text == "" {
		return 35 * time.Second
	}
	hold, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return hold
}

// delveState is a part of what delve's Command gives (service/api/types.go: DebuggerState).
type delveState struct {
	State struct {
		Exited        bool `json:"exited"`
		CurrentThread *struct {
			Function *struct {
				Name string `json:"name"`
			} `json:"function"`
		} `json:"currentThread"`
	}
}

// breakpoint attaches to delve and sets a breakpoint in a function.
func breakpoint(t *testing.T, address, function string) *rpc.Client {
	t.Helper()
	client := attach(t, address)
	delve(t, client, "CreateBreakpoint", map[string]any{"Breakpoint": map[string]any{"functionName": function, "line": -1}}, nil)
	return client
}

// attach connects to delve, as an editor does.
func attach(t *testing.T, address string) *rpc.Client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	client := jsonrpc.NewClient(conn)
	t.Cleanup(func() { _ = client.Close() })
	delve(t, client, "Command", map[string]any{"name": "halt"}, nil)
	return client
}

func delve(t *testing.T, client *rpc.Client, method string, args, reply any) {
	t.Helper()
	if reply == nil {
		reply = &json.RawMessage{}
	}
	if err := client.Call("RPCServer."+method, args, reply); err != nil {
		t.Fatalf("delve's %s: %v", method, err)
	}
}

// A transaction that is held at a breakpoint for longer than one may take otherwise is completed
// when it goes on, also by a chaincode that dials its peer.
func TestDebug(t *testing.T) {
	for name, start := range map[string]string{"listens": listens, "dials": dials} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			forRuntimes(t, func(t *testing.T, runtime string) {
				dir := project(t, "demo")
				writeVersion(t, dir, start, 1)
				mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
				session, at := debug(t, dir)
				client := breakpoint(t, at.Address, "main.store.Invoke")
				invoked := invokeUntilHeld(t, dir, client)
				select { // the time itself is what is tested
				case <-time.After(holdTime(t)):
				case out := <-invoked:
					t.Fatalf("the transaction ended at the breakpoint: %s", out)
				}
				goOn(t, client, invoked)

				// Detached, and attached again: the breakpoint is where it was.
				_ = client.Close()
				client = attach(t, at.Address)
				goOn(t, client, invokeUntilHeld(t, dir, client))
				undebug(t, session)
				answers(t, dir, 1)
				if conn, err := net.Dial("tcp", at.Address); err == nil && runtime == "process" {
					_ = conn.Close()
					t.Error("the debugger still listens")
				}
			})
		})
	}
}

// goOn continues after a breakpoint, and waits for the transaction's good end.
func goOn(t *testing.T, client *rpc.Client, invoked <-chan string) {
	t.Helper()
	client.Go("RPCServer.Command", map[string]any{"name": "continue"}, &delveState{}, nil)
	if out := <-invoked; !strings.Contains(out, "VALID") {
		t.Fatalf("the transaction did not end well: %s", out)
	}
}

// invokeUntilHeld submits a transaction and waits until it is held at the breakpoint. What the
// command says comes later.
func invokeUntilHeld(t *testing.T, dir string, client *rpc.Client) (invoked <-chan string) {
	t.Helper()
	running := client.Go("RPCServer.Command", map[string]any{"name": "continue"}, &delveState{}, nil)
	said := make(chan string, 1)
	invoke := ccdev(dir, "invoke", "version", "-o", "json")
	go func() {
		out, err := invoke.CombinedOutput()
		if err != nil {
			out = append(out, err.Error()...)
		}
		said <- string(out)
	}()
	select {
	case <-running.Done:
	case out := <-said:
		t.Fatalf("the transaction does not stop at the breakpoint: %s", out)
	}
	if running.Error != nil {
		t.Fatal(running.Error)
	}
	state := running.Reply.(*delveState).State
	if state.CurrentThread == nil || state.CurrentThread.Function == nil || state.CurrentThread.Function.Name != "main.store.Invoke" {
		t.Fatalf("it stopped elsewhere: %+v", state)
	}
	return said
}
