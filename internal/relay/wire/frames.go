package wire

import (
	"fmt"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// take takes a frame: an error ends its stream or the connection.
func (c *conn) take(frame http2.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := frame.(*http2.SettingsFrame); ok {
		return c.takeSettings(f)
	}
	if !c.settled { // they come first
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	switch f := frame.(type) {
	case *http2.DataFrame:
		return c.takeData(f)
	case *http2.MetaHeadersFrame:
		return c.takeHeaders(f)
	case *http2.WindowUpdateFrame:
		return c.takeWindow(f)
	case *http2.PingFrame:
		return c.takePing(f)
	case *http2.RSTStreamFrame:
		c.takeReset(f)
	case *http2.GoAwayFrame:
		c.takeGoAway(f)
	case *http2.PushPromiseFrame:
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	return nil // of others nobody need know
}

func (c *conn) takeReset(f *http2.RSTStreamFrame) {
	if s := c.streams[f.StreamID]; s != nil {
		s.end(status.Errorf(resetCode(f.ErrCode), "the other end has ended the stream (%s)", f.ErrCode))
	}
}

func (c *conn) takeData(f *http2.DataFrame) error {
	size := int(f.Length)
	if c.received += size; c.received >= connWindow/2 { // whatever comes of it: it is streams that are held back
		granted := uint32(c.received) //nolint:gosec // it is no more than the window
		c.received = 0
		if err := c.control(func(w *http2.Framer) error { return w.WriteWindowUpdate(0, granted) }); err != nil {
			return err
		}
	}
	s := c.streams[f.StreamID]
	switch {
	case s == nil && f.StreamID > c.last:
		return http2.ConnectionError(http2.ErrCodeProtocol)
	case s == nil:
		return nil // it has just ended
	}
	return s.takeData(f.Data(), size, f.StreamEnded())
}

func (c *conn) takeHeaders(f *http2.MetaHeadersFrame) error {
	s := c.streams[f.StreamID]
	switch {
	case s != nil:
		return s.takeHeaders(f)
	case c.serve == nil || f.StreamID <= c.last:
		return nil // of a stream that has just ended
	case f.StreamID%2 == 0:
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	c.last = f.StreamID
	if c.socket.pending() > maxControl { // it does not hear the answers
		return http2.ConnectionError(http2.ErrCodeEnhanceYourCalm)
	}
	if f.Truncated || c.serving >= maxStreams {
		return http2.StreamError{StreamID: f.StreamID, Code: http2.ErrCodeRefusedStream}
	}
	c.serve(c.newStream(f.StreamID), f.PseudoValue("path"))
	if f.StreamEnded() {
		return c.streams[f.StreamID].takeData(nil, 0, true)
	}
	return nil
}

func (c *conn) takeSettings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	if initial, said := f.Value(http2.SettingInitialWindowSize); said {
		for _, s := range c.streams {
			if s.window += int64(initial) - c.initial; s.window > maxWindow {
				return http2.ConnectionError(http2.ErrCodeFlowControl)
			}
		}
		c.initial = int64(initial)
		c.wakeAll()
	}
	if !c.settled {
		c.settled = true
		_ = c.socket.SetDeadline(time.Time{}) // or it is closed
		close(c.ready)
	}
	return c.control(func(w *http2.Framer) error { return w.WriteSettingsAck() })
}

func (c *conn) takeWindow(f *http2.WindowUpdateFrame) error {
	granted := int64(f.Increment)
	if f.StreamID == 0 {
		if c.window += granted; c.window > maxWindow {
			return http2.ConnectionError(http2.ErrCodeFlowControl)
		}
		c.wakeAll()
		return nil
	}
	s := c.streams[f.StreamID]
	if s == nil {
		return nil
	}
	if s.window += granted; s.window > maxWindow {
		return http2.StreamError{StreamID: f.StreamID, Code: http2.ErrCodeFlowControl}
	}
	s.changed.Broadcast()
	return nil
}

func (c *conn) takePing(f *http2.PingFrame) error {
	if f.IsAck() {
		return nil
	}
	if c.pings = append(c.pings, f.Data); len(c.pings) > maxPings {
		return http2.ConnectionError(http2.ErrCodeEnhanceYourCalm)
	}
	if len(c.pings) == 1 {
		c.answer = time.AfterFunc(ackPause, c.answerPings)
	}
	return nil
}

func (c *conn) answerPings() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	_ = c.control(func(w *http2.Framer) error { // who does not read is not answered
		for _, data := range c.pings {
			_ = w.WritePing(true, data) // it goes to memory
		}
		return nil
	})
	c.pings = nil
}

func (c *conn) takeGoAway(f *http2.GoAwayFrame) {
	c.leaving = true
	c.farewell = fmt.Sprintf("the other end is closing the connection (%s)", f.ErrCode)
	if text := f.DebugData(); len(text) > 0 {
		c.farewell = fmt.Sprintf("the other end is closing the connection (%s: %q)", f.ErrCode, text)
	}
	for id, s := range c.streams {
		if c.serve == nil && id > f.LastStreamID {
			s.end(status.Error(codes.Unavailable, c.farewell))
		}
	}
	c.leave()
}

// resetCode is what gRPC makes of the end of a stream (its document PROTOCOL-HTTP2, Errors).
func resetCode(code http2.ErrCode) codes.Code {
	switch code {
	case http2.ErrCodeRefusedStream:
		return codes.Unavailable
	case http2.ErrCodeCancel:
		return codes.Canceled
	case http2.ErrCodeEnhanceYourCalm:
		return codes.ResourceExhausted
	}
	return codes.Internal
}
