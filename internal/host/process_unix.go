//go:build unix

package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/relay"
)

// outputPatience is for what a process has written to be read when it has ended.
const outputPatience = 500 * time.Millisecond

// process implements relay.Process.
type process struct {
	cmd       *exec.Cmd
	address   string    // in server mode
	port      io.Closer // what keeps others off the address; nil in client mode
	dir       string
	oomBefore int
	tail      tail

	mu     sync.Mutex
	reaped bool // its pid and its group may be somebody else's

	done chan struct{}
	exit relay.Exit // set when done is closed
}

// Address implements relay.Process.
func (p *process) Address() string { return p.address }

// Done implements relay.Process.
func (p *process) Done() <-chan struct{} { return p.done }

// Exit implements relay.Process.
func (p *process) Exit() relay.Exit { return p.exit }

// PID implements relay.Process. It is the number of the process's group, too.
func (p *process) PID() int { return p.cmd.Process.Pid }

// Kill implements relay.Process.
func (p *process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // it may have ended: then there is nothing to do
	}
}

// clear gives back what the process had.
func (p *process) clear() error {
	var err error
	if p.port != nil {
		err = p.port.Close()
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// oomKilled says whether want of memory has ended the process: whether the kernel has killed
// anything of this control group since its start, and it has been killed.
func (p *process) oomKilled(state *os.ProcessState) bool {
	if state == nil {
		return false
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL && oomKills(os.DirFS("/")) > p.oomBefore
}

// exitOf puts the end of a process in words. state is nil when somebody else has reaped it.
func exitOf(state *os.ProcessState, oom bool) relay.Exit {
	if state == nil {
		return relay.Exit{Code: -1, How: "ended, nobody knows how"}
	}
	if oom {
		return relay.Exit{Code: -1, How: "killed: out of memory"}
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		how := "signal: " + status.Signal().String()
		if status.CoreDump() {
			how += " (core dumped)"
		}
		return relay.Exit{Code: -1, How: how}
	}
	return relay.Exit{Code: state.ExitCode(), How: fmt.Sprintf("exit code %d", state.ExitCode())}
}
