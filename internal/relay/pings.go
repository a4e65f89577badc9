package relay

import (
	"context"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
)

// ackPause is how long an answer to a ping may wait. Peers and chaincodes measure their streams by
// a ping after each message, as gRPC does unless it is told not to, but send none while another one
// is unanswered. Each ping wakes both ends twice, which is as much work as the message itself. The
// pause is far below the seconds after which a connection without an answer counts as dead.
const ackPause = 100 * time.Millisecond

// unhurried are the credentials of connections on which pings are answered after ackPause.
type unhurried struct {
	credentials.TransportCredentials
}

// ClientHandshake implements credentials.TransportCredentials.
func (u unhurried) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := u.TransportCredentials.ClientHandshake(ctx, authority, quick(raw))
	if err != nil {
		return conn, info, err
	}
	return &ackConn{Conn: conn, rest: prefaceLen}, info, nil
}

// ServerHandshake implements credentials.TransportCredentials.
func (u unhurried) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := u.TransportCredentials.ServerHandshake(quick(raw))
	if err != nil {
		return conn, info, err
	}
	return &ackConn{Conn: conn}, info, nil
}

// Clone implements credentials.TransportCredentials.
func (u unhurried) Clone() credentials.TransportCredentials {
	return unhurried{u.TransportCredentials.Clone()}
}

// What HTTP/2 looks like as bytes (RFC 9113: 3.4, 4.1, 6.7).
const (
	prefaceLen = 24 // what a client begins with
	headerLen  = 9  // of a frame: length (3 bytes), type, flags, stream (4)
	ackLen     = headerLen + 8
	typePing   = 0x6
	flagAck    = 0x1
)

// ackConn holds back the answers to pings among the frames that are written to it.
type ackConn struct {
	net.Conn

	mu    sync.Mutex
	rest  int    // bytes to come of the frame that is being written
	begun []byte // of one that is too short yet to tell what it is
	acks  []byte // the answers
}

// Write implements net.Conn.
func (c *ackConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if out := c.sift(b); len(out) > 0 {
		if _, err := c.Conn.Write(out); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// sift gives what is to be written of b now.
func (c *ackConn) sift(b []byte) []byte {
	if len(c.begun) > 0 {
		b = append(c.begun, b...)
		c.begun = nil
	}
	i := min(c.rest, len(b))
	c.rest -= i
	for i < len(b) {
		frame := b[i:]
		isAck := len(frame) >= headerLen && frame[3] == typePing && frame[4]&flagAck != 0
		if len(frame) < headerLen || isAck && len(frame) < ackLen {
			c.begun = append(c.begun, frame...)
			return b[:i]
		}
		if isAck {
			c.hold(frame[:ackLen])
			b = append(b[:i:i], frame[ackLen:]...) // a copy: the writer's bytes are the writer's
			continue
		}
		length := headerLen + int(frame[0])<<16 + int(frame[1])<<8 + int(frame[2])
		n := min(length, len(frame))
		c.rest = length - n
		i += n
	}
	return b
}

func (c *ackConn) hold(ack []byte) {
	if len(c.acks) == 0 {
		time.AfterFunc(ackPause, c.release)
	}
	c.acks = append(c.acks, ack...)
}

// release writes the answers, between two frames.
func (c *ackConn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rest > 0 || len(c.begun) > 0 {
		time.AfterFunc(ackPause, c.release)
		return
	}
	_, _ = c.Conn.Write(c.acks) // where that fails, gRPC's own next call does too
	c.acks = nil
}
