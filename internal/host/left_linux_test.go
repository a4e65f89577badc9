package host

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ccdev/ccdev/internal/relay"
)

// TestWhatAKilledRelayHasLeft has a chaincode that starts a process of its own: the kernel ends the
// chaincode with its relay, and the next relay what the chaincode has started.
func TestWhatAKilledRelayHasLeft(t *testing.T) {
	dir := t.TempDir()
	cmd, lines := child(t, "parents="+dir)
	left := started(t, lines)
	t.Cleanup(func() { _ = syscall.Kill(left, syscall.SIGKILL) })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !alive(left) {
		t.Fatal("it has ended with the relay: there is nothing to see")
	}
	h := New(Options{Dir: dir})
	defer h.Close()
	gone(t, left)
	if notes, _ := filepath.Glob(filepath.Join(dir, notes+"*")); len(notes) != 0 {
		t.Errorf("there are still %q", notes)
	}
}

func TestTheNoteGoesWithItsProcess(t *testing.T) {
	h := running(t, "exit=0", nil)
	exit(t, start(t, h, relay.Launch{}))
	if notes, _ := filepath.Glob(filepath.Join(h.options.Dir, notes+"*")); len(notes) != 0 {
		t.Errorf("there are still %q", notes)
	}
}

// TestAGroupOfAnotherIsLeftAlone notes what the system would say of a number that is used again.
func TestAGroupOfAnotherIsLeftAlone(t *testing.T) {
	mark := stat{session: "70@boot", born: "5"}.mark()
	member := stat{pid: 101, group: 100, session: "70@boot", born: "6"}
	for name, tc := range map[string]struct {
		all  []stat
		want bool
	}{
		"what it has started":               {[]stat{member}, true},
		"itself, about to end":              {[]stat{{pid: 100, group: 100, session: "70@boot", born: "5"}, member}, true},
		"nothing":                           {[]stat{{pid: 102, group: 102, session: "70@boot", born: "6"}}, false},
		"another that has its pid":          {[]stat{{pid: 100, group: 100, session: "70@boot", born: "9"}, member}, false},
		"the group of another session":      {[]stat{{pid: 101, group: 100, session: "71@boot", born: "6"}}, false},
		"the same numbers, of another boot": {[]stat{{pid: 101, group: 100, session: "70@other", born: "6"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isLeft(tc.all, 100, mark); got != tc.want {
				t.Errorf("it is left: %t", got)
			}
		})
	}
	for _, group := range []int{-1, 0, 1} {
		if isLeft([]stat{{pid: 7, group: group, session: "70@boot"}}, group, mark) {
			t.Errorf("group %d would be killed", group)
		}
	}
}

func TestNotesThatNobodyCanRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"x", "", fmt.Sprint(syscall.Getpgrp())} {
		if err := os.WriteFile(filepath.Join(dir, notes+name), []byte("no mark"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	endLeft(dir) // the test's own group lives on
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("there are still %v (%v)", entries, err)
	}
}
