package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// prefixLen is what goes before each message: whether it is compressed, and its length.
const prefixLen = 5

// Stream carries messages both ways. One goroutine at a time may send, and one receive.
type Stream struct {
	conn   *conn
	id     uint32
	ctx    context.Context
	cancel context.CancelCauseFunc

	// Guarded by conn.mu.
	changed  sync.Cond
	window   int64    // bytes that may be sent
	received int      // bytes that are not granted again yet
	inbox    [][]byte // what was not received yet
	prefix   []byte   // of the message that is coming
	coming   []byte
	missing  int   // bytes of it
	answered bool  // the other end has sent its headers
	finished bool  // the other end sends no more
	why      error // what Recv gives after the inbox
	over     bool  // nothing can be sent any more
}

// newStream adds a stream to the connection, whose lock is held.
func (c *conn) newStream(id uint32) *Stream {
	s := &Stream{conn: c, id: id, window: c.initial, prefix: make([]byte, 0, prefixLen)}
	s.changed.L = &c.mu
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	c.streams[id] = s
	return s
}

// Context ends with the stream. Its cause is what Recv says, or would.
func (s *Stream) Context() context.Context { return s.ctx }

// RemoteAddr is the other end's address.
func (s *Stream) RemoteAddr() net.Addr { return s.conn.socket.RemoteAddr() }

// LocalAddr is the address at this end.
func (s *Stream) LocalAddr() net.Addr { return s.conn.socket.LocalAddr() }

// Send sends a message, and waits for as long as the other end has no room for it. The error is
// io.EOF when the stream has ended: Recv says why.
func (s *Stream) Send(msg []byte) error {
	var prefix [prefixLen]byte
	binary.BigEndian.PutUint32(prefix[1:], uint32(len(msg))) //nolint:gosec // no message of a peer or chaincode is that long
	head := prefix[:]
	for len(head)+len(msg) > 0 {
		n, err := s.sendSome(head, msg)
		if err != nil {
			return err
		}
		inHead := min(n, len(head))
		head, msg = head[inHead:], msg[n-inHead:]
	}
	return nil
}

// sendSome sends what there is room for, and waits until there is some.
func (s *Stream) sendSome(head, body []byte) (int, error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for !s.over && (s.window <= 0 || c.window <= 0 || c.socket.pending() >= maxPending) {
		s.changed.Wait()
	}
	if s.over {
		return 0, io.EOF
	}
	n := int(min(int64(len(head)+len(body)), s.window, c.window, maxWrite))
	s.window -= int64(n)
	c.window -= int64(n)
	err := c.write(func(*http2.Framer) error {
		for left := n; left > 0; {
			size := min(left, frameSize)
			left -= size
			s.frameHeader(size)
			inHead := min(size, len(head))
			c.out.Write(head[:inHead])
			c.out.Write(body[:size-inHead])
			head, body = head[inHead:], body[size-inHead:]
		}
		return nil
	})
	if err != nil {
		return 0, io.EOF // the reader hears of it too
	}
	return n, nil
}

// frameHeader begins a frame of data (RFC 9113: 4.1): the Framer's own would copy the data once more.
func (s *Stream) frameHeader(size int) {
	h := s.conn.out.AvailableBuffer()
	h = binary.BigEndian.AppendUint32(h, uint32(size)<<8|uint32(http2.FrameData)) //nolint:gosec // no frame is larger than frameSize
	h = append(h, 0)                                                              // no flags
	h = binary.BigEndian.AppendUint32(h, s.id)
	s.conn.out.Write(h)
}

// Recv gives the next message. The error is io.EOF when the other end has sent all it wanted to, else
// it has a gRPC status.
func (s *Stream) Recv() ([]byte, error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	for len(s.inbox) == 0 && s.why == nil {
		s.changed.Wait()
	}
	if len(s.inbox) == 0 {
		return nil, s.why
	}
	msg := s.inbox[0]
	s.inbox[0] = nil // or the array would keep it
	s.inbox = s.inbox[1:]
	_ = s.grant() // or the reader ends the connection
	return msg, nil
}

// grant lets the other end send more, once all that has come was received.
func (s *Stream) grant() error {
	if s.received < window/2 || len(s.inbox) > 0 || s.over || s.finished {
		return nil
	}
	granted := uint32(s.received) //nolint:gosec // it is no more than the window
	err := s.conn.control(func(w *http2.Framer) error { return w.WriteWindowUpdate(s.id, granted) })
	if err == nil {
		s.received = 0
	}
	return err
}

// takeData takes bytes that were size bytes as a frame.
func (s *Stream) takeData(b []byte, size int, last bool) error {
	if s.finished {
		return http2.StreamError{StreamID: s.id, Code: http2.ErrCodeStreamClosed}
	}
	if s.received += size; s.received > window {
		return http2.StreamError{StreamID: s.id, Code: http2.ErrCodeFlowControl}
	}
	for len(b) > 0 && s.why == nil {
		b = s.assemble(b)
	}
	if last {
		s.finish()
	}
	return s.grant()
}

// assemble takes what it can of the message that is coming, and gives the rest.
func (s *Stream) assemble(b []byte) []byte {
	if n := min(prefixLen-len(s.prefix), len(b)); n > 0 {
		s.prefix, b = append(s.prefix, b[:n]...), b[n:]
		if len(s.prefix) < prefixLen {
			return b
		}
		s.begin(s.prefix[0], int(binary.BigEndian.Uint32(s.prefix[1:])))
	}
	n := min(s.missing, len(b))
	if room := cap(s.coming) - len(s.coming); room < n {
		s.coming = append(make([]byte, 0, min(2*cap(s.coming)+n, len(s.coming)+s.missing)), s.coming...)
	}
	s.coming, b = append(s.coming, b[:n]...), b[n:]
	if s.missing -= n; s.missing == 0 && s.why == nil {
		s.inbox = append(s.inbox, s.coming)
		s.prefix, s.coming = s.prefix[:0], nil
		s.changed.Broadcast()
	}
	return b
}

// begin is the beginning of a message. Its sender may promise more than it sends.
func (s *Stream) begin(compressed byte, size int) {
	switch {
	case compressed != 0:
		s.fail(status.Error(codes.Unimplemented, "the other end has sent a compressed message"))
	case size > s.conn.max:
		s.fail(status.Errorf(codes.ResourceExhausted, "the other end has sent a message of %d bytes, and %d is the most", size, s.conn.max))
	default:
		s.missing = size
		s.coming = make([]byte, 0, min(size, 64<<10))
	}
}

// fail has Recv say why no more can be received.
func (s *Stream) fail(why error) {
	if s.why == nil {
		s.why = why
	}
	s.changed.Broadcast()
}

// finish is when the other end sends no more: one that serves us ends with trailers.
func (s *Stream) finish() {
	s.finished = true
	switch {
	case s.conn.serve == nil:
		s.reset(http2.ErrCodeNo, status.Error(codes.Internal, "the other end has ended the stream, and not said how"))
	case len(s.prefix) > 0:
		s.fail(errWithin)
	default:
		s.fail(io.EOF)
	}
}

var errWithin = status.Error(codes.Internal, "the other end has ended the stream within a message")

// takeHeaders takes the headers after the first ones of the end that opens a stream.
func (s *Stream) takeHeaders(f *http2.MetaHeadersFrame) error {
	switch {
	case f.Truncated:
		return http2.StreamError{StreamID: s.id, Code: http2.ErrCodeEnhanceYourCalm}
	case s.conn.serve != nil:
		return s.takeData(nil, 0, f.StreamEnded())
	case !s.answered && strings.HasPrefix(f.PseudoValue("status"), "1") && !f.StreamEnded():
		return nil // there are others to come
	case !s.answered && f.PseudoValue("status") != "200":
		s.reset(http2.ErrCodeCancel, status.Errorf(codes.Unavailable, "the other end answers as no gRPC server does (HTTP status %q)", f.PseudoValue("status")))
	case f.StreamEnded():
		s.finished = true
		s.reset(http2.ErrCodeNo, s.outcome(f))
	}
	s.answered = true
	return nil
}

// outcome is how trailers end the stream.
func (s *Stream) outcome(trailers *http2.MetaHeadersFrame) error {
	why := statusIn(trailers)
	if errors.Is(why, io.EOF) && len(s.prefix) > 0 {
		return errWithin
	}
	return why
}

// end is the end of the stream, but for what was not received yet.
func (s *Stream) end(why error) {
	if s.over {
		return
	}
	s.over = true
	s.fail(why)
	delete(s.conn.streams, s.id)
	s.cancel(s.why)
	s.conn.leave()
}

// reset ends the stream, and tells the other end. The lock of the connection is held.
func (s *Stream) reset(code http2.ErrCode, why error) {
	if s.over {
		return
	}
	s.end(why)
	_ = s.conn.write(func(w *http2.Framer) error { return w.WriteRSTStream(s.id, code) }) // or the reader hears of it
}

// abort ends the stream because nobody wants it any more.
func (s *Stream) abort(why error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.inbox = nil
	s.reset(http2.ErrCodeCancel, why)
}

// accept answers the headers of a stream that the other end has opened.
func (s *Stream) accept() {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if !s.over {
		_ = c.write(func(*http2.Framer) error { return c.writeHeaders(s.id, false, responseFields()) }) // or the reader hears of it
	}
}

// answer ends a stream that the other end has opened.
func (s *Stream) answer(err error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving--
	if s.over {
		return
	}
	s.end(errors.New("the stream was answered"))
	_ = c.write(func(w *http2.Framer) error { // or there is nobody to tell
		written := c.writeHeaders(s.id, true, statusFields(err))
		if !s.finished { // it need not send any more
			written = errors.Join(written, w.WriteRSTStream(s.id, http2.ErrCodeNo))
		}
		return written
	})
}
