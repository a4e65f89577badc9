package wire

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// Options are what both ends of a connection have.
type Options struct {
	Credentials credentials.TransportCredentials
	MaxMessage  int // bytes of the largest message that is received: a larger one ends its stream
}

// Windows of a fixed size, in place of measurements that find one: the other end is on this machine.
const (
	window     = 1 << 20 // bytes, of a stream
	connWindow = 4 << 20 // bytes, of all streams of a connection
)

// The limits of a connection.
const (
	firstWindow = 65535 // bytes, until the other end says otherwise (RFC 9113: 6.9.2)
	maxWindow   = 1<<31 - 1
	frameSize   = 16384     // bytes, the least that every end takes (RFC 9113: 4.2)
	maxHeaders  = 64 << 10  // bytes
	maxWrite    = 64 << 10  // bytes of messages that are written at once
	maxPending  = 256 << 10 // bytes that wait for the other end: more are not sent
	maxControl  = 1 << 20   // bytes that do: the other end asks for answers and reads none
	maxPings    = 1000      // that are not answered yet
	maxStreams  = 1000      // that are served at once
	lastStream  = 1<<31 - 1 // the last number that a stream may have (RFC 9113: 5.1.1)

	beginLimit = 20 * time.Second // for the other end to begin a connection
)

// ackPause is how long an answer to a ping may wait. Peers and chaincodes measure their streams by
// a ping after each message, as gRPC does unless it is told not to, but send none while another one
// is unanswered. Each ping wakes both ends twice, which is as much work as the message itself. The
// pause is far below the seconds after which a connection without an answer counts as dead.
const ackPause = 100 * time.Millisecond

// conn is one end of a connection.
type conn struct {
	socket *socket
	net    net.Conn                     // what credentials have made of the socket
	max    int                          // bytes of a message
	serve  func(s *Stream, path string) // a stream that the other end has opened; nil where we open them
	ready  chan struct{}                // closed when the other end's settings are known
	ended  chan struct{}                // closed when nothing of the connection runs any more
	tasks  sync.WaitGroup

	reading *http2.Framer

	mu       sync.Mutex // guards what follows, and the streams
	out      bytes.Buffer
	framer   *http2.Framer // writes to out
	fields   bytes.Buffer
	encoder  *hpack.Encoder // writes to fields
	streams  map[uint32]*Stream
	last     uint32 // the last stream that was opened
	window   int64  // bytes that may be sent
	initial  int64  // of a new stream's window
	received int    // bytes that are not granted again yet
	settled  bool   // the other end's settings are known
	leaving  bool   // the other end takes no more streams
	farewell string // what it has said to that
	serving  int    // streams whose handlers have not ended
	pings    [][8]byte
	answer   *time.Timer
	err      error // why it has ended
}

func newConn(raw net.Conn, maxMessage int) *conn {
	c := &conn{
		max: maxMessage, ready: make(chan struct{}), ended: make(chan struct{}),
		streams: map[uint32]*Stream{}, window: firstWindow, initial: firstWindow,
	}
	c.socket = newSocket(raw, c.written)
	c.framer = http2.NewFramer(&c.out, nil)
	c.encoder = hpack.NewEncoder(&c.fields)
	c.encoder.SetMaxDynamicTableSize(0) // a stream has headers once
	return c
}

// greet is how a connection begins, once credentials have made one of the socket.
func (c *conn) greet(secured net.Conn, preface string, settings ...http2.Setting) error {
	c.net = secured
	c.reading = http2.NewFramer(nil, bufio.NewReaderSize(secured, 2*frameSize))
	c.reading.SetReuseFrames()
	c.reading.SetMaxReadFrameSize(frameSize)
	c.reading.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.reading.MaxHeaderListSize = maxHeaders
	settings = append(settings, http2.Setting{ID: http2.SettingInitialWindowSize, Val: window},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: maxHeaders})
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write(func(f *http2.Framer) error {
		c.out.WriteString(preface)
		return errors.Join(f.WriteSettings(settings...), f.WriteWindowUpdate(0, connWindow-firstWindow))
	})
}

// write writes frames. It does not wait for the other end. The lock is held.
func (c *conn) write(frames func(f *http2.Framer) error) error {
	err := frames(c.framer)
	if err == nil {
		_, err = c.net.Write(c.out.Bytes())
	}
	if c.out.Reset(); c.out.Cap() > 2*maxWrite {
		c.out = bytes.Buffer{}
	}
	return err
}

// control writes a frame that the other end makes necessary. Where it cannot be written the reader
// hears of it too.
func (c *conn) control(frames func(f *http2.Framer) error) error {
	if c.socket.pending() > maxControl {
		return http2.ConnectionError(http2.ErrCodeEnhanceYourCalm)
	}
	_ = c.write(frames)
	return nil
}

// run serves the connection until it ends.
func (c *conn) run() {
	err := c.read()
	var code http2.ConnectionError
	switch {
	case errors.Is(err, http2.ErrFrameTooLarge):
		c.dismiss(http2.ErrCodeFrameSize)
		err = fmt.Errorf("the other end breaks the rules of HTTP/2: %w", err)
	case errors.As(err, &code):
		c.dismiss(http2.ErrCode(code))
		err = fmt.Errorf("the other end breaks the rules of HTTP/2: %w", cmp.Or(c.reading.ErrorDetail(), err))
	}
	c.close(err)
	c.tasks.Wait()
	close(c.ended)
}

// dismiss tells the other end why the connection ends.
func (c *conn) dismiss(code http2.ErrCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.last // that it has opened
	if c.serve == nil {
		last = 0
	}
	_ = c.write(func(f *http2.Framer) error { return f.WriteGoAway(last, code, nil) }) // if it is heard
}

// close ends the connection, and all its streams.
func (c *conn) close(why error) {
	c.mu.Lock()
	if errors.Is(why, io.EOF) || errors.Is(why, io.ErrUnexpectedEOF) {
		why = errors.New(cmp.Or(c.farewell, "the other end has closed the connection"))
	}
	if c.err == nil {
		c.err = why
		for _, s := range c.streams {
			s.end(status.Error(codes.Unavailable, why.Error()))
		}
		if c.answer != nil {
			c.answer.Stop()
		}
	}
	c.mu.Unlock()
	_ = c.socket.Close() // whoever reads or writes hears of it
}

// leave ends a connection that the other end is leaving, when nothing needs it any more.
func (c *conn) leave() {
	if c.serve == nil && c.leaving && len(c.streams) == 0 && c.err == nil {
		c.tasks.Go(func() { c.close(errGone) })
	}
}

// read takes frames until the connection ends.
func (c *conn) read() error {
	for {
		frame, err := c.reading.ReadFrame()
		if err == nil {
			err = c.take(frame)
		}
		if err != nil {
			err = c.refuse(err)
		}
		if err != nil {
			return err
		}
	}
}

// refuse ends a stream on which the other end has done what it may not. Any other error is given back.
func (c *conn) refuse(err error) error {
	var one http2.StreamError
	if !errors.As(err, &one) {
		return err
	}
	id, code := one.StreamID, one.Code
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams[id]; s != nil {
		s.reset(code, status.Errorf(codes.Internal, "the other end breaks the rules of HTTP/2 (%s)", code))
		return nil
	}
	if c.serve == nil && id > c.last {
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	c.last = max(c.last, id)
	return c.control(func(f *http2.Framer) error { return f.WriteRSTStream(id, code) })
}

// wakeAll is for when more may be sent. The lock is held.
func (c *conn) wakeAll() {
	for _, s := range c.streams {
		s.changed.Broadcast()
	}
}

// written is called by the socket.
func (c *conn) written() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakeAll()
}
