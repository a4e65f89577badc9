package wire

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
)

func TestNobodyListens(t *testing.T) {
	c := client(t, "127.0.0.1:1", plain())
	_, err := c.Open(t.Context(), echoPath, false)
	expectStatus(t, err, codes.Unavailable, "127.0.0.1:1 cannot be reached: dial tcp 127.0.0.1:1")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = c.Open(ctx, echoPath, true)
	expectStatus(t, err, codes.DeadlineExceeded, "")
}

// expectEcho checks that a stream can be opened that works.
func expectEcho(t *testing.T, c *Client) {
	t.Helper()
	within(t, "an echo", func() {
		s := must(c.Open(t.Context(), echoPath, true))
		if err := s.Send([]byte("hello")); err != nil {
			t.Error(err)
		}
		if msg, err := s.Recv(); err != nil || string(msg) != "hello" {
			t.Errorf("received is %q (%v)", msg, err)
		}
	})
}

func TestSomebodyListensLater(t *testing.T) {
	addr, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	c := client(t, addr, plain())
	tries := 0
	c.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if tries++; tries < 5 {
			return nil, errors.New("connection refused")
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	expectEcho(t, c)
}

// Servers that are none of gRPC's are told from those that are.
func TestOtherServers(t *testing.T) {
	for name, tc := range map[string]struct {
		serve func(b *bare)
		words string
	}{
		"closes":      {func(b *bare) { _ = b.conn.Close() }, "the other end has closed the connection"},
		"HTTP/1":      {func(b *bare) { _, _ = b.conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, "looked like an HTTP/1.1 header"},
		"no settings": {func(b *bare) { _ = b.WritePing(false, [8]byte{}) }, "the other end breaks the rules of HTTP/2: connection error: PROTOCOL_ERROR"},
		"silent":      {func(*bare) {}, "it is silent"},
	} {
		t.Run(name, func(t *testing.T) {
			l := must(net.Listen("tcp", "127.0.0.1:0"))
			defer l.Close() //nolint:errcheck // nobody dials it any more
			go func() {
				conn, err := l.Accept()
				if err == nil {
					tc.serve(newBare(t, conn))
				}
			}()
			c := client(t, l.Addr().String(), plain())
			within(t, "the error", func() {
				_, err := c.Open(t.Context(), echoPath, false)
				if err == nil || !strings.Contains(err.Error(), tc.words) && !strings.Contains(err.Error(), "connection reset by peer") {
					t.Errorf("the error is %v, want %q", err, tc.words)
				}
			})
		})
	}
}

// answers has a bare server answer a stream, and gives what the client hears.
func answers(t *testing.T, answer func(b *bare, id uint32)) error {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close() //nolint:errcheck // nobody dials it any more
	c := client(t, l.Addr().String(), plain())
	go func() {
		b := acceptBare(t, l)
		answer(b, next[*http2.MetaHeadersFrame](b).StreamID)
	}()
	var err error
	within(t, "the answer", func() {
		s := must(c.Open(t.Context(), echoPath, true))
		_, err = s.Recv()
	})
	return err
}

func TestAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		answer func(b *bare, id uint32)
		code   codes.Code
		words  string
	}{
		"a web page": {func(b *bare, id uint32) { b.fields(id, true, ":status", "404") }, codes.Unavailable, `(HTTP status "404")`},
		"at once": {func(b *bare, id uint32) {
			b.fields(id, true, ":status", "200", "grpc-status", "7", "grpc-message", "no%2")
		}, codes.PermissionDenied, "no%2"},
		"after others": {func(b *bare, id uint32) {
			b.fields(id, false, ":status", "103")
			b.fields(id, false, ":status", "200")
			b.fields(id, true, "grpc-status", "5")
		}, codes.NotFound, "the other end has ended the stream"},
		"no status": {func(b *bare, id uint32) { b.fields(id, true, ":status", "200") }, codes.Unknown, `the status ""`},
		"no end":    {func(b *bare, id uint32) { b.fields(id, false, ":status", "200"); _ = b.WriteData(id, true, nil) }, codes.Internal, "and not said how"},
		"a reset":   {func(b *bare, id uint32) { _ = b.WriteRSTStream(id, http2.ErrCodeRefusedStream) }, codes.Unavailable, "REFUSED_STREAM"},
		"a compressed": {func(b *bare, id uint32) {
			b.fields(id, false, ":status", "200")
			_ = b.WriteData(id, false, []byte{1, 0, 0, 0, 0})
		}, codes.Unimplemented, "compressed"},
		"a farewell": {func(b *bare, _ uint32) { _ = b.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too_many_pings")) }, codes.Unavailable, `ENHANCE_YOUR_CALM: "too_many_pings"`},
		"a farewell after it": {func(b *bare, id uint32) {
			_ = b.WriteGoAway(id, http2.ErrCodeEnhanceYourCalm, []byte("too_many_pings"))
			_ = b.conn.Close()
		}, codes.Unavailable, `ENHANCE_YOUR_CALM: "too_many_pings"`},
		"half a message": {func(b *bare, id uint32) {
			b.fields(id, false, ":status", "200")
			_ = b.WriteData(id, false, []byte{0, 0, 0, 0, 3, 'a'})
			b.fields(id, true, "grpc-status", "0")
		}, codes.Internal, "within a message"},
		"endless trailers": {func(b *bare, id uint32) {
			b.fields(id, false, ":status", "200")
			b.fields(id, true, slices.Repeat([]string{"x", strings.Repeat("x", 100)}, 700)...)
		}, codes.Internal, "ENHANCE_YOUR_CALM"},
		"a window of no stream": {func(b *bare, _ uint32) { _ = b.WriteWindowUpdate(lastStream, 0) }, codes.Unavailable, "breaks the rules of HTTP/2"},
		"a promise": {func(b *bare, id uint32) {
			_ = b.WritePushPromise(http2.PushPromiseParam{StreamID: id, PromiseID: 2, BlockFragment: block(responseFields()), EndHeaders: true})
		}, codes.Unavailable, "breaks the rules of HTTP/2"},
	} {
		t.Run(name, func(t *testing.T) { expectStatus(t, answers(t, tc.answer), tc.code, tc.words) })
	}
}

// A server that is leaving ends the streams that it has, and new ones go to the next one.
func TestFarewell(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close() //nolint:errcheck // nobody dials it any more
	c := client(t, l.Addr().String(), plain())
	left := make(chan struct{})
	go func() {
		first := acceptBare(t, l)
		id := next[*http2.MetaHeadersFrame](first).StreamID
		_ = first.WriteGoAway(id, http2.ErrCodeNo, nil)
		_ = first.WritePing(false, [8]byte{})
		next[*http2.PingFrame](first)
		close(left)
		first.fields(id, false, ":status", "200")
		first.message(id, "old")
		second := acceptBare(t, l)
		id = next[*http2.MetaHeadersFrame](second).StreamID
		second.fields(id, false, ":status", "200")
		second.message(id, "new")
	}()
	within(t, "the messages", func() {
		old := must(c.Open(t.Context(), echoPath, true))
		<-left
		if msg, err := old.Recv(); err != nil || string(msg) != "old" {
			t.Errorf("the old connection gives %q (%v)", msg, err)
		}
		if msg, err := must(c.Open(t.Context(), echoPath, true)).Recv(); err != nil || string(msg) != "new" {
			t.Errorf("the new connection gives %q (%v)", msg, err)
		}
	})
}

// A connection that the other end was leaving, and keeps, holds up nobody.
func TestCloseAfterFarewell(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close() //nolint:errcheck // nobody dials it any more
	c := client(t, l.Addr().String(), plain())
	left := make(chan struct{})
	go func() {
		for range 2 {
			b := acceptBare(t, l)
			b.no(b.WriteGoAway(next[*http2.MetaHeadersFrame](b).StreamID, http2.ErrCodeNo, nil))
			b.no(b.WritePing(false, [8]byte{}))
			next[*http2.PingFrame](b)
			left <- struct{}{}
		}
	}()
	within(t, "the client", func() {
		for range 2 {
			must(c.Open(t.Context(), echoPath, true))
			<-left
		}
		c.Close()
	})
}

// Nobody keeps a connection that the other end is leaving, and that no stream is on.
func TestTheLastOneLeaves(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close() //nolint:errcheck // nobody dials it any more
	c := client(t, l.Addr().String(), plain())
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		b := acceptBare(t, l)
		b.no(b.WriteGoAway(next[*http2.MetaHeadersFrame](b).StreamID, http2.ErrCodeNo, nil))
		b.no(b.WritePing(false, [8]byte{}))
		next[*http2.PingFrame](b)
		cancel()
		expectClosed(t, b)
	}()
	within(t, "the end", func() {
		must(c.Open(ctx, echoPath, true))
		<-gone
	})
}

// After a server has ended its connection, its successor is dialled.
func TestTheServerStartsAgain(t *testing.T) {
	first, s := grpcServer(t, insecure.NewCredentials(), func(s grpc.ServerStream) error { return echo(others{s}) })
	second, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	c := client(t, first, plain())
	expectEcho(t, c)
	old := must(c.Open(t.Context(), echoPath, true))
	c.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, second)
	}
	s.Stop()
	within(t, "the end", func() {
		_, err := old.Recv()
		expectStatus(t, err, codes.Unavailable, "")
	})
	expectEcho(t, c)
}
