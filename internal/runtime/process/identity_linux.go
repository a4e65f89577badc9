package process

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// stat is what /proc/PID/stat says (proc(5)).
type stat struct {
	state   string
	threads int
	group   int
	session int
	born    string // clock ticks since the system booted
}

func readStat(pid string) (stat, bool) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return stat{}, false
	}
	// The second field is the name in brackets, which may hold anything.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 20 {
		return stat{}, false
	}
	group, noGroup := strconv.Atoi(fields[2])
	session, noSession := strconv.Atoi(fields[3])
	threads, noThreads := strconv.Atoi(fields[17])
	s := stat{state: fields[0], threads: threads, group: group, session: session, born: fields[19]}
	return s, errors.Join(noGroup, noSession, noThreads) == nil
}

// lives is false for what has ended, and only waits for its parent to notice. What has threads
// besides that of its end has not: they still hold its ports.
func (s stat) lives() bool { return s.state != "Z" && s.state != "X" || s.threads > 1 }

// identify finds the process that has this pid now. Its birth is in ticks since boot, with the
// boot: the time of day would move with the clock.
func identify(pid int) (identity, bool) {
	s, ok := readStat(strconv.Itoa(pid))
	if !ok || !s.lives() {
		return identity{}, false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = nil // a system that hides it; the ticks must do
	}
	return identity{PID: pid, Born: s.born + "@" + strings.TrimSpace(string(boot))}, true
}

// groupLives says whether a process group has members that run. Asking with a signal is not
// enough: it counts zombies, which stay for good where process 1 does not reap.
func groupLives(group int) bool {
	if syscall.Kill(-group, 0) != nil {
		return false
	}
	all, err := pids()
	if err != nil {
		return true
	}
	for _, pid := range all {
		if s, ok := readStat(pid); ok && s.group == group && s.lives() {
			return true
		}
	}
	return false
}

// strays are the processes of a session that have left the group of its leader, as those do that a
// relay starts: one that was killed has not ended them.
func strays(session int) []identity {
	all, _ := pids() // none can be named then
	var found []identity
	for _, pid := range all {
		s, ok := readStat(pid)
		if !ok || s.session != session || s.group == session {
			continue
		}
		if number, err := strconv.Atoi(pid); err == nil {
			if who, alive := identify(number); alive {
				found = append(found, who)
			}
		}
	}
	return found
}

// marked are the processes that have this variable in their environment, but for this one.
func marked(variable string) []identity {
	all, _ := pids() // none can be named then
	var found []identity
	for _, pid := range all {
		environ, err := os.ReadFile("/proc/" + pid + "/environ")
		if err != nil || !slices.Contains(strings.Split(string(environ), "\x00"), variable) {
			continue
		}
		number, err := strconv.Atoi(pid)
		if who, alive := identify(number); err == nil && alive && number != os.Getpid() {
			found = append(found, who)
		}
	}
	return found
}

// pids are those of all processes.
func pids() ([]string, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer func() { _ = proc.Close() }()
	names, err := proc.Readdirnames(-1)
	return slices.DeleteFunc(names, func(name string) bool { return name[0] < '1' || name[0] > '9' }), err
}

// commands are the arguments that the processes of this machine were started with, by pid.
func commands() map[int][]string {
	all, _ := pids() // none can be named then
	found := map[int][]string{}
	for _, pid := range all {
		line, err := os.ReadFile("/proc/" + pid + "/cmdline")
		number, noNumber := strconv.Atoi(pid)
		if errors.Join(err, noNumber) == nil {
			found[number] = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		}
	}
	return found
}
