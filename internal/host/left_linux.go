package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// notes is how the files are called that tell a later host of the process groups of this one. A
// process ends with its relay, even a killed one, but what it has started itself does not.
const notes = "group-"

// note writes down the group that a process leads.
func (h *Host) note(group int) {
	if s, ok := readStat(os.DirFS("/"), fmt.Sprintf("proc/%d/stat", group)); ok {
		_ = os.WriteFile(h.noteFile(group), []byte(s.mark()), 0o600) // only a killed relay's successor misses it
	}
}

func (h *Host) forgetNote(group int) { _ = os.Remove(h.noteFile(group)) }

func (h *Host) noteFile(group int) string {
	return filepath.Join(h.options.Dir, notes+strconv.Itoa(group))
}

// endLeft kills what is left of the groups that a killed host has noted in dir.
func endLeft(dir string) {
	files, _ := filepath.Glob(filepath.Join(dir, notes+"*")) // the pattern is a good one
	for _, file := range files {
		group, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(file), notes))
		mark, unread := os.ReadFile(file)
		if err == nil && unread == nil && isLeft(stats(os.DirFS("/")), group, string(mark)) {
			_ = syscall.Kill(-group, syscall.SIGKILL) // or they have ended by now
		}
		_ = os.Remove(file)
	}
}

// isLeft tells whether a group is the one that a process with this mark has led. Its number is its
// own as long as it has members, and another's at the latest when another process has it as its pid.
func isLeft(all []stat, group int, mark string) bool {
	left := false
	for _, s := range all {
		if s.pid == group && s.mark() != mark {
			return false
		}
		left = left || s.group == group && s.session == session(mark)
	}
	return left && group > 1
}

// stat is what /proc/PID/stat says (proc(5)).
type stat struct {
	pid, parent, group int
	state              string
	session            string // its number, of this boot of the system
	born               string // clock ticks since then
}

// mark tells the process from a later one of the same pid, and begins with its session.
func (s stat) mark() string { return s.session + " " + s.born }

func session(mark string) string {
	session, _, _ := strings.Cut(mark, " ")
	return session
}

// stats are those of all processes.
func stats(root fs.FS) []stat {
	files, _ := fs.Glob(root, "proc/[0-9]*/stat") // the pattern is a good one
	var all []stat
	for _, file := range files {
		if s, ok := readStat(root, file); ok { // or it is gone by now
			all = append(all, s)
		}
	}
	return all
}

func readStat(root fs.FS, file string) (stat, bool) {
	text, err := fs.ReadFile(root, file)
	// The second field is the program's name in brackets, which may hold anything.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if err != nil || len(fields) < 20 {
		return stat{}, false
	}
	boot, _ := fs.ReadFile(root, "proc/sys/kernel/random/boot_id") // a system may hide it
	s := stat{state: fields[0], session: fields[3] + "@" + strings.TrimSpace(string(boot)), born: fields[19]}
	pid, noPID := strconv.Atoi(strings.Split(file, "/")[1])
	parent, noParent := strconv.Atoi(fields[1])
	group, noGroup := strconv.Atoi(fields[2])
	s.pid, s.parent, s.group = pid, parent, group
	return s, errors.Join(noPID, noParent, noGroup) == nil
}
