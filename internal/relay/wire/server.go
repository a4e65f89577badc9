package wire

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Handler serves a stream that somebody else has opened, which ends when it returns: with an
// error's gRPC status, or well.
type Handler func(s *Stream) error

// Server serves the streams that others open.
type Server struct {
	options  Options
	handlers map[string]Handler

	mu        sync.Mutex
	stopped   bool
	listeners map[net.Listener]struct{}
	conns     map[net.Conn]struct{}
	tasks     sync.WaitGroup
}

// NewServer makes a server whose handlers serve gRPC methods by their paths ("/service/method").
func NewServer(o Options, handlers map[string]Handler) *Server {
	return &Server{options: o, handlers: handlers, listeners: map[net.Listener]struct{}{}, conns: map[net.Conn]struct{}{}}
}

// Serve accepts connections until l is closed, or the server is stopped; then the error is nil.
func (s *Server) Serve(l net.Listener) error {
	if !s.add(func() { s.listeners[l] = struct{}{} }) {
		return l.Close()
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, l)
		s.tasks.Done()
	}()
	for {
		raw, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE):
			time.Sleep(acceptPause) // until somebody has closed a file
			continue
		case err != nil:
			return err
		}
		if !s.add(func() { s.conns[raw] = struct{}{} }) {
			_ = raw.Close()
			continue
		}
		go s.converse(raw)
	}
}

const acceptPause = 50 * time.Millisecond

// add notes a task, unless the server is stopped.
func (s *Server) add(note func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	note()
	s.tasks.Add(1)
	return true
}

// Stop ends the connections, and returns when nothing of the server runs any more. The handlers'
// streams end.
func (s *Server) Stop() {
	s.mu.Lock()
	s.stopped = true
	for l := range s.listeners {
		_ = l.Close()
	}
	for raw := range s.conns {
		_ = raw.Close()
	}
	s.mu.Unlock()
	s.tasks.Wait()
}

// converse serves a connection until it ends.
func (s *Server) converse(raw net.Conn) {
	c := newConn(raw, s.options.MaxMessage)
	defer func() {
		_ = c.socket.Close() // or it is closed
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, raw)
		s.tasks.Done()
	}()
	c.serve = s.serve
	_ = c.socket.SetDeadline(time.Now().Add(beginLimit)) // or it is closed
	secured, _, err := s.options.Credentials.ServerHandshake(c.socket)
	if err != nil {
		return // whom that may concern the credentials have told
	}
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(secured, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	if c.greet(secured, "", http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: maxStreams}) == nil {
		c.run()
	}
}

// serve begins to serve a stream. The lock of its connection is held.
func (s *Server) serve(stream *Stream, path string) {
	handler := s.handlers[path]
	if handler == nil {
		handler = func(*Stream) error { return status.Errorf(codes.Unimplemented, "nobody serves %s here", path) }
	}
	c := stream.conn
	c.serving++
	c.tasks.Go(func() {
		stream.accept()
		stream.answer(handler(stream))
	})
}
