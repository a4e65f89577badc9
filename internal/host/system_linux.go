package host

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// attributes make a process the leader of a group of its own, and have the kernel kill it when
// the relay is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// reap waits for the process to end, ends its group, and only then gives its pid back to the
// system: until then nobody else can have the group's number.
func (p *process) reap() *os.ProcessState {
	const byPID = 1 // P_PID of waitid(2)
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(p.PID()), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if errno != syscall.EINTR {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	state, err := p.cmd.Process.Wait()
	p.reaped = true
	if err != nil {
		return nil
	}
	return state
}

// watchOrphans returns what reaps the processes that the system gives to this one because those
// that started them have ended, until the host is closed.
func (h *Host) watchOrphans() func() {
	ended := make(chan os.Signal, 1) // one is enough: each look finds all
	signal.Notify(ended, syscall.SIGCHLD)
	return func() {
		defer signal.Stop(ended)
		for {
			h.reapOrphans()
			select {
			case <-ended:
			case <-h.quit:
				return
			}
		}
	}
}

// reapOrphans reaps every dead child that is not a known process: those have a watch of their
// own, which is to learn how they ended.
func (h *Host) reapOrphans() {
	h.forks.Lock()
	defer h.forks.Unlock()
	for _, pid := range deadChildren(os.DirFS("/"), os.Getpid()) {
		if h.processes[pid] == nil {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // the next look finds it again
		}
	}
}

// deadChildren are the children of a process that wait to be reaped.
func deadChildren(root fs.FS, parent int) []int {
	var dead []int
	for _, s := range stats(root) {
		if s.state == "Z" && s.parent == parent {
			dead = append(dead, s.pid)
		}
	}
	return dead
}

// oomKills is how many processes of this one's control group, its container, the kernel has
// killed for want of memory; 0 where that cannot be known.
func oomKills(root fs.FS) int {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:path (cgroups(7))
		if len(fields) != 3 {
			continue
		}
		folder, file := "sys/fs/cgroup", "memory.events"
		switch fields[1] {
		case "": // version 2
		case "memory": // version 1
			folder, file = "sys/fs/cgroup/memory", "memory.oom_control"
		default:
			continue
		}
		// A container may have its own group as the root, and not know by which path the host has it.
		for _, group := range []string{strings.Trim(fields[2], "/") + "/", ""} {
			if n, err := oomKillsOf(root, folder+"/"+strings.TrimPrefix(group, "/")+file); err == nil {
				return n
			}
		}
	}
	return 0
}

var errNoCount = errors.New("it has no oom_kill")

// oomKillsOf reads the oom_kill of a file that has a name and a number on each line.
func oomKillsOf(root fs.FS, file string) (int, error) {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
			return strconv.Atoi(strings.TrimSpace(count))
		}
	}
	return 0, errNoCount
}
