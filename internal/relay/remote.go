package relay

import (
	"context"
	"sync"
)

// remote is what a generation has whose process the relay does not start.
type remote struct {
	address string // of a server; of a client, from where it has called
	service string // that this is, for messages

	external bool   // whoever started it may end it, and start it again
	stream   stream // of an external client, until a downstream has it: it has no other
}

// hostOf gives what starts the processes of a generation.
func (r *Relay) hostOf(g *generation) Host {
	if g.address != "" {
		return elsewhere(g.address)
	}
	return r.cfg.Host
}

// elsewhere is the host of processes that others start and end. The relay has no more of one than
// its address, and takes the end of its stream for its end.
type elsewhere string

// Start implements Host.
func (e elsewhere) Start(context.Context, Launch) (Process, error) {
	return &stranger{address: string(e), done: make(chan struct{})}, nil
}

// stranger is a process that others start and end.
type stranger struct {
	address string
	once    sync.Once
	done    chan struct{}
}

// Address implements Process.
func (s *stranger) Address() string { return s.address }

// Done implements Process: it is closed when the relay has let go of it.
func (s *stranger) Done() <-chan struct{} { return s.done }

// Exit implements Process: nobody here knows.
func (s *stranger) Exit() Exit { return Exit{} }

// Kill implements Process: the relay lets go of it.
func (s *stranger) Kill() { s.once.Do(func() { close(s.done) }) }

// PID implements Process.
func (s *stranger) PID() int { return 0 }
