package host

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// endProgramsIn kills the processes whose programs lie in the folder dir, with the groups they lead.
// A debugger gives what it runs a group of its own, in which that outlives it: where its program
// lies is all that tells whose it was.
func endProgramsIn(dir string) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return // it is not there, and so nothing in it
	}
	links, _ := filepath.Glob("/proc/[0-9]*/exe") // the pattern is a good one
	for _, link := range links {
		program, err := os.Readlink(link) // it has ended, or is another user's
		if err != nil || !strings.HasPrefix(program, dir+"/") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			continue
		}
		if group, err := syscall.Getpgid(pid); err == nil && group == pid {
			pid = -pid
		}
		_ = syscall.Kill(pid, syscall.SIGKILL) // or it has ended by now
	}
}
