// Package host runs the processes of a chaincode's generations.
package host

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay"
)

// folders is how the working folders of processes are called.
const folders = "generation-*"

// DebugFolder is the working folder of a process that is being debugged, in Options.Dir.
const DebugFolder = "debug"

// Options are what all processes of a host have in common.
type Options struct {
	// Dir is the host's own. Each process gets a working folder in it, which goes when the
	// process ends; those that a killed host has left are removed, and what runs there is killed.
	Dir string
	// Modules is where the folders are that bundles call their modules.
	Modules string
	// Env is the environment of every process, KEY=VALUE. It does not override what says where
	// a chaincode listens, whom it dials, and who it is.
	Env []string
	// LocalMSPID is what a chaincode is told its peer's MSP to be, unless Env says so.
	LocalMSPID string
	// Out gets what the processes write, a line at a time, as it comes; nil for nowhere. While
	// it blocks, so do processes that write.
	Out io.Writer
	// TLS is how processes listen, or dial.
	TLS cctls.Setup
}

// Host starts processes and knows those that run. One that is a container's first process reaps
// the orphans too, and takes every child that it has not started itself for one.
type Host struct {
	options Options
	out     output

	// forks is held while a process is started, so that it is known before anybody looks for
	// orphans, and while processes is used.
	forks     sync.Mutex
	processes map[int]*process // that are not reaped, by pid
	closed    bool

	starts chan func()   // run one after the other by the thread that starts processes
	quit   chan struct{} // closed when nothing will be started any more
	owned  sync.WaitGroup
}

var errClosed = errors.New("the host is closed")

// New gives a host. Close ends it.
func New(o Options) *Host { return newHost(o, os.Getpid() == 1) }

func newHost(o Options, reapOrphans bool) *Host {
	h := &Host{
		options: o, out: output{to: o.Out}, processes: map[int]*process{},
		starts: make(chan func()), quit: make(chan struct{}),
	}
	endLeft(o.Dir)
	left, _ := filepath.Glob(filepath.Join(o.Dir, folders)) // the pattern is a good one
	for _, dir := range append(left, filepath.Join(o.Dir, DebugFolder)) {
		endProgramsIn(dir)
		_ = os.RemoveAll(dir) // what cannot be removed is in nobody's way
	}
	h.owned.Go(h.startThread)
	if reapOrphans {
		reaping := h.watchOrphans()
		h.owned.Go(reaping)
	}
	return h
}

// Start implements relay.Host. ctx bounds the start, not the life of the process.
func (h *Host) Start(ctx context.Context, l relay.Launch) (relay.Process, error) {
	p, err := h.start(ctx, l)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fault.New(fault.Chaincode, fixOf(err), "generation %d cannot be started: %w", l.Generation, err)
	}
	return p, nil
}

// fixOf is what helps when a program does not start.
func fixOf(err error) string {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return "build it for this system: " + platform
	case errors.Is(err, os.ErrNotExist):
		return "link it statically, CGO_ENABLED=0: a program that is there and is not found misses its loader"
	case errors.Is(err, os.ErrPermission):
		return "see that it may be executed where it lies: mode, and a file system mounted without noexec"
	}
	return "run ccdev logs to see what the relay says"
}

// Close kills every process, waits for their ends, and starts no more.
func (h *Host) Close() {
	h.forks.Lock()
	if !h.closed {
		h.closed = true
		close(h.quit)
	}
	for _, p := range h.processes {
		p.Kill()
	}
	h.forks.Unlock()
	h.owned.Wait()
}

// workingFolder makes the folder that a process of a generation runs in.
func (h *Host) workingFolder(l relay.Launch) (string, error) {
	dir, err := filepath.Abs(h.options.Dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if l.Debug { // there is but one, and an editor has to know where it is
		dir = filepath.Join(dir, DebugFolder)
		return dir, errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700))
	}
	return os.MkdirTemp(dir, "generation-"+strconv.Itoa(l.Generation)+"-")
}
