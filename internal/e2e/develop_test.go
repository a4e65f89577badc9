package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// change is what the test reads of the events of an up that stays.
type change struct {
	Event, Phase, Error, Text string
	Generation                int
}

// An up that stays takes each save live: what compiles takes over, what does not changes nothing,
// and Ctrl-C stops the network and keeps its ledger.
func TestDevelop(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 1)
		up := ccdev(dir, "up", "--runtime", runtime, "-o", "json")
		stderr, err := up.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := up.Start(); err != nil {
			t.Fatal(err)
		}
		events := make(chan change, 1000)
		go func() {
			defer close(events)
			lines := bufio.NewScanner(stderr)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				var c change
				if json.Unmarshal(lines.Bytes(), &c) == nil && (c.Event == "change" || c.Event == "notice") {
					events <- c
				}
			}
		}()
		await(t, events, func(c change) bool { return strings.HasPrefix(c.Text, "taking changes live") })

		writeVersion(t, dir, listens, 2)
		await(t, events, func(c change) bool { return c.Phase == "live" && c.Generation == 2 })
		answers(t, dir, "2")

		broken := filepath.Join(dir, "broken.go")
		if err := os.WriteFile(broken, []byte("package main\n\nfunc broken( {\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		failed := await(t, events, func(c change) bool { return c.Phase == "failed" })
		if !strings.Contains(failed.Error, "broken.go:3:") {
			t.Errorf("the failure says %q", failed.Error)
		}
		answers(t, dir, "2")

		// The next good save, renamed over as editors do.
		if err := os.Remove(broken); err != nil {
			t.Fatal(err)
		}
		for version := 3; version <= 12; version++ { // a storm of saves: the last one counts
			writeVersion(t, dir, listens, version)
		}
		for got := ""; got != "12"; got = strings.TrimSpace(mustRun(t, ccdev(dir, "query", "version"))) {
			await(t, events, func(c change) bool { return c.Phase == "live" })
		}

		if err := up.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		for range events { // to the end: a reader that is gone would end it as well
		}
		_ = up.Wait() // the exit code tells
		if code := up.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
		if status, err := statusOf(dir); err != nil || status.State != "down" {
			t.Errorf("after Ctrl-C the network is %q (%v)", status.State, err)
		}
	})
}

// await gives the next event that is wanted.
func await(t *testing.T, events <-chan change, wanted func(change) bool) change {
	t.Helper()
	var seen []string
	limit := time.After(time.Minute)
	for {
		select {
		case c, ok := <-events:
			if !ok {
				t.Fatalf("ccdev has ended; seen: %s", seen)
			}
			if wanted(c) {
				return c
			}
			seen = append(seen, fmt.Sprintf("%+v", c))
		case <-limit:
			t.Fatalf("it did not come; seen: %s", seen)
		}
	}
}

func answers(t *testing.T, dir, version string) {
	t.Helper()
	if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "version"))); got != version {
		t.Errorf("version %s answers, want %s", got, version)
	}
}
