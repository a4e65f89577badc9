package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/ccdev/ccdev/internal/wait"
)

// An up that stays leaves a chaincode alone that is being debugged, and takes what was saved live
// when that ends.
func TestDebugHoldsSaves(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 1)
		up, events := stay(t, dir, runtime)
		held := func(c change) bool { return strings.Contains(c.Text, "demo is being debugged") }

		session, at := debug(t, dir, "--no-watch")
		writeVersion(t, dir, listens, 2)
		await(t, events, held)
		answers(t, dir, 1)
		listening(t, at.Address)
		undebug(t, session)
		await(t, events, func(c change) bool { return c.Phase == "live" }) // what was held is no more
		answers(t, dir, 2)

		// One that watches takes a save live itself. A reload ends it.
		session, at = debug(t, dir)
		writeVersion(t, dir, listens, 3)
		await(t, events, held)
		err := wait.For(t.Context(), patience, func(context.Context) error {
			// Between two that are debugged there is none: they listen at the same port.
			out, err := ccdev(dir, "query", "version").CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != versionName(3) {
				return fmt.Errorf("version 3 does not answer, but: %s", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		listening(t, at.Address)
		mustRun(t, ccdev(dir, "reload"))
		if err := session.Wait(); err != nil {
			t.Errorf("a reload ends debugging: %v", err)
		}
		writeVersion(t, dir, listens, 4)
		told := awaitVersion(t, dir, events, 4)
		told = append(told, leave(t, up, events)...)
		if _, failed := outcomes(told); len(failed) > 0 {
			t.Errorf("failed changes: %q", failed)
		}
	})
}

// Two do not debug the same chaincode.
func TestDebugTwice(t *testing.T) {
	dir := project(t, "demo")
	writeVersion(t, dir, listens, 1)
	mustRun(t, ccdev(dir, "up", "-d", "--runtime", shared.runtimes[0]))
	_, at := debug(t, dir)
	out, err := ccdev(dir, "debug").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is being debugged already, at "+at.Address) {
		t.Errorf("a second one: %v\n%s", err, out)
	}
	listening(t, at.Address)
}

// It is seen by others, and ends when they take the network away.
func TestDebugEndsWithTheNetwork(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 1)
		mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
		session := ccdev(dir, "debug")
		var said strings.Builder
		session.Stderr = &said
		stdout, err := session.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		for lines.Scan() && !strings.Contains(lines.Text(), "waits for a debugger") {
		}
		if status := mustRun(t, ccdev(dir, "status")); !strings.Contains(status, "demo is being debugged, at 127.0.0.1:") {
			t.Errorf("the status does not tell:\n%s", status)
		}
		mustRun(t, ccdev(dir, "down"))
		for lines.Scan() {
		}
		if err := session.Wait(); err != nil || !strings.Contains(said.String(), "the network was taken down: demo is not being debugged any more") {
			t.Errorf("debugging ended with %v:\n%s", err, &said)
		}
	})
}

// One that is ended on its way leaves nothing under the debugger.
func TestDebugEndedEarly(t *testing.T) {
	dir := project(t, "demo")
	writeVersion(t, dir, listens, 1)
	mustRun(t, ccdev(dir, "up", "-d", "--runtime", "process"))
	session, at := debug(t, dir)
	undebug(t, session)
	if code := endAt(t, ccdev(dir, "debug", "-o", "json"), "step_started", "ready", syscall.SIGINT); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	answers(t, dir, 1)
	if conn, err := net.Dial("tcp", at.Address); err == nil {
		_ = conn.Close()
		t.Error("the debugger still listens")
	}
}

// listening fails the test unless a debugger listens.
func listening(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("nobody debugs: %v", err)
	}
	_ = conn.Close()
}
