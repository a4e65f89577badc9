//go:build unix && !linux

package host

import (
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// attributes make a process the leader of a group of its own.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// reap waits for the process to end, and ends its group.
func (p *process) reap() *os.ProcessState {
	state, err := p.cmd.Process.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	p.reaped = true
	if err != nil {
		return nil
	}
	return state
}

// watchOrphans does nothing: the relay is the first process of Linux containers only.
func (h *Host) watchOrphans() func() { return func() {} }

// note, forgetNote and endLeft do nothing: who is in a group cannot be told apart here.
func (h *Host) note(int) {}

func (h *Host) forgetNote(int) {}

func endLeft(string) {}

// endProgramsIn does nothing: where a process has its program from cannot be read from files here.
func endProgramsIn(string) {}

// oomKills is not known.
func oomKills(fs.FS) int { return 0 }

// reservePort finds a port that is free. The system does not give it to the next who asks for
// any, and keeping it would keep the chaincode off it here.
func reservePort() (address string, reservation io.Closer, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	return l.Addr().String(), nil, l.Close()
}
