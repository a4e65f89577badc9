//go:build unix && !linux

package process

import (
	"slices"
	"strconv"
	"syscall"

	"github.com/shirou/gopsutil/v4/process"
)

// identify finds the process that has this pid now. Its birth is in milliseconds since 1970, as
// the kernel noted it then.
func identify(pid int) (identity, bool) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return identity{}, false
	}
	if status, err := p.Status(); err == nil && slices.Contains(status, process.Zombie) {
		return identity{}, false
	}
	born, err := p.CreateTime()
	if err != nil {
		return identity{}, false
	}
	return identity{PID: pid, Born: strconv.FormatInt(born, 10)}, true
}

// groupLives says whether a process group has members that run. All of them are ours, so that an
// error means there is none, or only zombies.
func groupLives(group int) bool { return syscall.Kill(-group, 0) == nil }

// strays are not known, and neither is who is marked, or what was started how.
func strays(int) []identity { return nil }

func marked(string) []identity { return nil }

func commands() map[int][]string { return nil }
