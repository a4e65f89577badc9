package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// change is what the test reads of the events of an up that stays.
type change struct {
	Event, Phase, Error, Text, Step, Note, Chaincode string

	Generation int
	Files      []string
}

// stay starts an up that stays, and waits until it takes changes live.
func stay(t *testing.T, dir, runtime string) (up *exec.Cmd, events <-chan change) {
	t.Helper()
	up = ccdev(dir, "up", "--runtime", runtime, "-o", "json")
	events = reports(t, up)
	await(t, events, func(c change) bool { return strings.HasPrefix(c.Text, "taking changes live") })
	return up, events
}

// leave ends an up that stays as Ctrl-C does, and gives what it told until then.
func leave(t *testing.T, up *exec.Cmd, events <-chan change) (told []change) {
	t.Helper()
	if err := up.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for c := range events { // to the end: a reader that is gone would end it as well
		told = append(told, c)
	}
	_ = up.Wait() // the exit code tells
	if code := up.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	return told
}

// awaitVersion waits until a version answers, and gives the changes until then.
func awaitVersion(t *testing.T, dir string, events <-chan change, version int) (told []change) {
	t.Helper()
	for answering(t, dir) != versionName(version) {
		await(t, events, func(c change) bool {
			told = append(told, c)
			return c.Phase == "live"
		})
	}
	return told
}

// An up that stays takes each save live: what compiles takes over, what does not changes nothing,
// and Ctrl-C stops the network and keeps its ledger.
func TestDevelop(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 1)
		up, events := stay(t, dir, runtime)

		writeVersion(t, dir, listens, 2)
		await(t, events, func(c change) bool { return c.Phase == "live" && c.Generation == 2 })
		answers(t, dir, 2)

		broken := filepath.Join(dir, "broken.go")
		if err := os.WriteFile(broken, []byte("package main\n\nfunc broken( {\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		failed := await(t, events, func(c change) bool { return c.Phase == "failed" })
		if !strings.Contains(failed.Error, "broken.go:3:") {
			t.Errorf("the failure says %q", failed.Error)
		}
		answers(t, dir, 2)

		// The next good save, renamed over as editors do.
		if err := os.Remove(broken); err != nil {
			t.Fatal(err)
		}
		for version := 3; version <= 12; version++ { // a storm of saves: the last one counts
			writeVersion(t, dir, listens, version)
		}
		awaitVersion(t, dir, events, 12)

		leave(t, up, events)
		if status, err := statusOf(dir); err != nil || status.State != "down" {
			t.Errorf("after Ctrl-C the network is %q (%v)", status.State, err)
		}
	})
}

// A storm of saves, as of somebody who types with autosave: the last one counts, and few of those
// before it take over.
func TestSaveStorm(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		const saves = 50
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 0)
		up, events := stay(t, dir, runtime)
		pace := time.NewTicker(100 * time.Millisecond)
		defer pace.Stop()
		for version := 1; version <= saves; version++ {
			<-pace.C
			writeVersion(t, dir, listens, version)
		}
		told := awaitVersion(t, dir, events, saves)
		told = append(told, leave(t, up, events)...)
		swaps, failed := outcomes(told)
		if swaps > saves/5 || len(failed) > 0 {
			t.Errorf("%d saves made %d swaps, and these failures: %q", saves, swaps, failed)
		}
		t.Logf("%d saves, %d swaps", saves, swaps)
	})
}

// outcomes are how often a change was live, and why others failed.
func outcomes(told []change) (live int, failed []string) {
	for _, c := range told {
		switch c.Phase {
		case "live":
			live++
		case "failed":
			failed = append(failed, c.Error)
		}
	}
	return live, failed
}

// Branches that are switched back and forth: the last one's code answers. Each has a file that
// does not compile with the other's, and git replaces one file after the other: a build in between
// may fail, rightly, but nothing else may.
func TestBranchSwitches(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		git(t, dir, "init", "--quiet")
		for version, branch := range []string{"zero", "one"} {
			git(t, dir, "checkout", "--quiet", "-b", branch)
			writeVersion(t, dir, listens, version)
			writeConst(t, dir, branch+".go", "branch")
			git(t, dir, "add", "--all")
			git(t, dir, "commit", "--quiet", "--message", branch)
			git(t, dir, "rm", "--quiet", branch+".go")
		}
		git(t, dir, "checkout", "--quiet", "--force", "zero")
		up, events := stay(t, dir, runtime)
		for range 5 {
			git(t, dir, "checkout", "--quiet", "one")
			git(t, dir, "checkout", "--quiet", "zero")
		}
		git(t, dir, "checkout", "--quiet", "one")
		told := awaitVersion(t, dir, events, 1)

		// When a save after all that is live, nothing of what was before it is still on its way.
		writeConst(t, dir, "last.go", "last")
		await(t, events, func(c change) bool {
			told = append(told, c)
			return c.Phase == "live" && slices.Contains(c.Files, "last.go")
		})
		answers(t, dir, 1)
		told = append(told, leave(t, up, events)...)
		swaps, failed := outcomes(told)
		for _, text := range failed {
			if !strings.Contains(text, "does not compile") {
				t.Errorf("a change failed: %s", text)
			}
		}
		t.Logf("11 switches, %d swaps, %d builds of a state in between that failed", swaps, len(failed))
	})
}

func writeConst(t *testing.T, dir, file, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte("package main\n\nconst "+name+" = 0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// git runs git with nothing of the developer's own settings.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	mustRun(t, cmd)
}

// await gives the next event that is wanted.
func await(t *testing.T, events <-chan change, wanted func(change) bool) change {
	t.Helper()
	var seen []string
	limit := time.After(patience)
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

// answering is what the chaincode answers.
func answering(t *testing.T, dir string) string {
	t.Helper()
	return strings.TrimSpace(mustRun(t, ccdev(dir, "query", "version")))
}

func answers(t *testing.T, dir string, version int) {
	t.Helper()
	if got := answering(t, dir); got != versionName(version) {
		t.Errorf("%s answers, want %s", got, versionName(version))
	}
}
