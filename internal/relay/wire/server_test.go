package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// A connection whose other end breaks the rules ends, and is told why.
func TestRulesOfConnections(t *testing.T) {
	addr, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	for name, tc := range map[string]struct {
		code http2.ErrCode
		do   func(b *bare)
	}{
		"a frame that is too large": {http2.ErrCodeFrameSize, func(b *bare) { _ = b.WriteData(1, false, make([]byte, frameSize+1)) }},
		"data of no stream":         {http2.ErrCodeProtocol, func(b *bare) { _ = b.WriteData(7, false, nil) }},
		"a stream of the server's":  {http2.ErrCodeProtocol, func(b *bare) { b.headers(2, echoPath, false) }},
		"a promise": {http2.ErrCodeProtocol, func(b *bare) {
			_ = b.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: block(responseFields()), EndHeaders: true})
		}},
		"a window of nothing":  {http2.ErrCodeProtocol, func(b *bare) { _ = b.WriteWindowUpdate(0, 0) }},
		"a window without end": {http2.ErrCodeFlowControl, func(b *bare) { _ = b.WriteWindowUpdate(0, maxWindow) }},
		"an initial window without end": {http2.ErrCodeFlowControl, func(b *bare) {
			_ = b.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 31})
		}},
		"windows that add up": {http2.ErrCodeFlowControl, func(b *bare) {
			b.headers(1, holdPath, false)
			_ = b.WriteWindowUpdate(1, maxWindow-firstWindow)
			_ = b.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: firstWindow + 1})
		}},
		"too many pings": {http2.ErrCodeEnhanceYourCalm, func(b *bare) {
			for range maxPings + 1 {
				_ = b.WritePing(false, [8]byte{})
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := dialBare(t, addr)
			tc.do(b)
			if f := next[*http2.GoAwayFrame](b); f.ErrCode != tc.code {
				t.Errorf("the connection ends with %s, want %s", f.ErrCode, tc.code)
			}
			expectClosed(t, b)
		})
	}
	t.Run("no settings first", func(t *testing.T) {
		b := greetBare(t, addr)
		b.no(b.WritePing(false, [8]byte{}))
		if f := next[*http2.GoAwayFrame](b); f.ErrCode != http2.ErrCodeProtocol {
			t.Errorf("the connection ends with %s", f.ErrCode)
		}
	})
	t.Run("something else", func(t *testing.T) {
		b := newBare(t, must(net.Dial("tcp", addr)))
		must(io.WriteString(b.conn, "GET / HTTP/1.1\r\nHost: here\r\n\r\n"))
		expectClosed(t, b)
	})
}

func expectClosed(t *testing.T, b *bare) {
	t.Helper()
	if _, err := io.Copy(io.Discard, b.conn); err != nil && !strings.Contains(err.Error(), "reset by peer") {
		t.Errorf("the connection is not closed: %v", err)
	}
}

// A stream on which the rules are broken ends, and the others of its connection go on.
func TestRulesOfStreams(t *testing.T) {
	addr, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	for name, tc := range map[string]struct {
		code http2.ErrCode
		do   func(b *bare)
	}{
		"a window without end": {http2.ErrCodeFlowControl, func(b *bare) { _ = b.WriteWindowUpdate(1, maxWindow) }},
		"a window of nothing":  {http2.ErrCodeProtocol, func(b *bare) { _ = b.WriteWindowUpdate(1, 0) }},
		"data after the end":   {http2.ErrCodeStreamClosed, func(b *bare) { _ = b.WriteData(1, true, nil); _ = b.WriteData(1, false, nil) }},
		"more than its window": {http2.ErrCodeFlowControl, func(b *bare) {
			for range window/frameSize + 1 {
				_ = b.WriteData(1, false, append([]byte{0, 0, 0, frameSize >> 8, 0}, make([]byte, frameSize-prefixLen)...)) // its end is awaited
			}
		}},
		"headers that are none": {http2.ErrCodeProtocol, func(b *bare) { b.fields(3, false, "Large", "letters"); b.headers(5, echoPath, false) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := dialBare(t, addr)
			b.headers(1, holdPath, false)
			tc.do(b)
			if f := next[*http2.RSTStreamFrame](b); f.ErrCode != tc.code {
				t.Errorf("stream %d ends with %s, want %s", f.StreamID, f.ErrCode, tc.code)
			}
			b.headers(7, echoPath, false)
			b.message(7, "hello")
			if f := next[*http2.DataFrame](b); f.StreamID != 7 || !bytes.HasSuffix(f.Data(), []byte("hello")) {
				t.Errorf("stream %d gives %q", f.StreamID, f.Data())
			}
		})
	}
}

// What may not be sent at once goes in pieces, as the other end makes room; also when it changes its mind.
func TestSmallWindows(t *testing.T) {
	addr, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	b := dialBare(t, addr, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 3})
	b.headers(1, echoPath, false)
	b.message(1, "hello, world")
	var got []byte
	take := func() int {
		f := next[*http2.DataFrame](b)
		got = append(got, f.Data()...)
		return len(f.Data())
	}
	if n := take(); n != 3 {
		t.Errorf("%d bytes have come where 3 may", n)
	}
	b.no(b.WriteWindowUpdate(1, 2))
	if n := take(); n != 2 {
		t.Errorf("%d bytes have come where 2 may", n)
	}
	b.no(b.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 7}))
	if n := take(); n != 4 {
		t.Errorf("%d bytes have come where 4 more may", n)
	}
	b.no(b.WriteWindowUpdate(1, 1000))
	for len(got) < prefixLen+12 {
		take()
	}
	if string(got[prefixLen:]) != "hello, world" {
		t.Errorf("it is %q", got)
	}
}

// A ping is answered, so that one who wants to know hears that we are here, and later, so that one
// who measures does not cost what it measures.
func TestPings(t *testing.T) {
	addr, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	b := dialBare(t, addr)
	begun := time.Now()
	for i := range 5 {
		b.no(b.WritePing(false, [8]byte{byte(i)}))
	}
	b.headers(1, echoPath, false)
	b.message(1, "hello")
	for answered := 0; answered < 5; {
		frame, err := b.ReadFrame()
		b.no(err)
		switch f := frame.(type) {
		case *http2.DataFrame:
			if answered > 0 {
				t.Error("a message has waited for the answers to pings")
			}
		case *http2.PingFrame:
			if !f.IsAck() || f.Data != [8]byte{byte(answered)} {
				t.Errorf("answer %d is %v", answered, f)
			}
			if took := time.Since(begun); took < ackPause {
				t.Errorf("the answer came after %s", took)
			}
			answered++
		}
	}
}

// The other end reads nothing any more. Whoever sends to it waits, and no longer than the stream, the
// connection or the server lives; what it asks for meanwhile is not kept without end.
func TestOneThatDoesNotRead(t *testing.T) {
	streams, ended := make(chan *Stream, 1), make(chan error)
	addr, s := serve(t, plain(), func(s *Stream) error {
		streams <- s
		<-s.Context().Done()
		ended <- s.Send(nil)
		return nil
	})
	deaf := func() *bare {
		b := dialBare(t, addr, http2.Setting{ID: http2.SettingInitialWindowSize, Val: maxWindow})
		b.no(b.WriteWindowUpdate(0, maxWindow-firstWindow))
		b.headers(1, echoPath, false)
		stalls(t, sends(t.Context(), <-streams))
		return b
	}
	expectEnd := func() {
		t.Helper()
		within(t, "the sender", func() {
			if err := <-ended; !errors.Is(err, io.EOF) {
				t.Errorf("the sender hears %v", err)
			}
		})
	}
	t.Run("resets the stream", func(t *testing.T) { b := deaf(); b.no(b.WriteRSTStream(1, http2.ErrCodeCancel)); expectEnd() })
	t.Run("closes", func(t *testing.T) { _ = deaf().conn.Close(); expectEnd() })
	t.Run("asks", func(t *testing.T) {
		b := deaf()
		for err := error(nil); err == nil; { // until the connection ends
			err = b.WriteSettings()
		}
		expectEnd()
	})
	t.Run("to the end", func(t *testing.T) {
		deaf()
		go s.Stop() // it waits for the handler, which waits here
		expectEnd()
	})
}

// One who opens streams, and reads no answer, is not answered without end.
func TestAnswersThatNobodyReads(t *testing.T) {
	addr, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	b := dialBare(t, addr)
	unknown := block(requestFields("insecure", authority, "/"+strings.Repeat("x", maxText)))
	sent := 0
	for id := uint32(1); b.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: unknown, EndHeaders: true, EndStream: true}) == nil; id += 2 {
		if sent++; sent > 20000 { // 80 MiB of answers, of which kernels take some
			t.Fatal("the connection goes on")
		}
	}
}

// Streams that end at once are not served without end.
func TestHandlersThatDoNotEnd(t *testing.T) {
	hold := make(chan struct{})
	addr, _ := serve(t, plain(), func(*Stream) error { <-hold; return nil })
	defer close(hold)
	b := dialBare(t, addr)
	for i := range uint32(maxStreams + 1) {
		b.headers(2*i+1, echoPath, false)
		b.no(b.WriteRSTStream(2*i+1, http2.ErrCodeCancel))
	}
	if f := next[*http2.RSTStreamFrame](b); f.StreamID != 2*maxStreams+1 || f.ErrCode != http2.ErrCodeRefusedStream {
		t.Errorf("stream %d is ended with %s", f.StreamID, f.ErrCode)
	}
}

// Whoever waits for the end of a stream hears why.
func TestWhyItHasEnded(t *testing.T) {
	ended := make(chan error, 1)
	addr, _ := serve(t, plain(), func(s *Stream) error {
		<-s.Context().Done()
		ended <- context.Cause(s.Context())
		return nil
	})
	for what, end := range map[string]func(b *bare){
		"has ended the stream (CANCEL)":     func(b *bare) { b.no(b.WriteRSTStream(1, http2.ErrCodeCancel)) },
		"has closed the connection":         func(b *bare) { _ = b.conn.Close() },
		`connection (NO_ERROR: "shutdown")`: func(b *bare) { b.no(b.WriteGoAway(0, http2.ErrCodeNo, []byte("shutdown"))); _ = b.conn.Close() },
	} {
		b := dialBare(t, addr)
		b.headers(1, echoPath, false)
		next[*http2.MetaHeadersFrame](b)
		end(b)
		within(t, "the end", func() {
			if why := <-ended; !strings.Contains(why.Error(), what) {
				t.Errorf("it has ended because %v, want %q", why, what)
			}
		})
	}
}
