package wire

import (
	"net"
	"sync"
)

// socket is a connection on which a Write does not wait: what the other end does not take now is
// kept, and written when it does. Whoever has more to write sees by pending that they should wait.
type socket struct {
	net.Conn
	try     func(b []byte) (int, error) // writes what can be written without waiting
	written func()                      // is called when less is pending

	mu      sync.Mutex
	backlog []byte
	writing int   // bytes that have been taken from the backlog, and are being written
	failed  error // of a write after which there can be no other
	tasks   sync.WaitGroup
}

func newSocket(conn net.Conn, written func()) *socket {
	conn, try := quick(conn)
	return &socket{Conn: conn, try: try, written: written}
}

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return 0, s.failed
	}
	n := 0
	if s.writing == 0 {
		if n, s.failed = s.try(b); s.failed != nil {
			return n, s.failed
		}
	}
	if n < len(b) {
		s.backlog = append(s.backlog, b[n:]...)
		s.catchUp()
	}
	return len(b), nil
}

// pending is how many bytes wait for the other end.
func (s *socket) pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.backlog) + s.writing
}

// catchUp writes the backlog. The lock is held.
func (s *socket) catchUp() {
	if s.writing > 0 {
		return // whoever writes goes on with it
	}
	s.writing = len(s.backlog)
	now := s.backlog
	s.backlog = nil
	s.tasks.Go(func() {
		for len(now) > 0 {
			_, err := s.Conn.Write(now)
			now = s.wrote(err)
			s.written()
		}
	})
}

// wrote is the end of a write of the backlog. It gives what is next.
func (s *socket) wrote(err error) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.backlog
	s.backlog = nil
	if err != nil {
		s.failed, now = err, nil
	}
	s.writing = len(now)
	return now
}

// Close implements net.Conn. Nothing is written any more when it returns.
func (s *socket) Close() error {
	err := s.Conn.Close()
	s.mu.Lock()
	if s.failed == nil {
		s.failed = net.ErrClosed
	}
	s.mu.Unlock()
	s.tasks.Wait()
	return err
}
