package wire

import (
	"bytes"
	"io"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Whatever comes on a connection, it is taken or refused, and leaves nothing behind.
func FuzzServer(f *testing.F) {
	frames := func(write func(w *http2.Framer)) []byte {
		var out bytes.Buffer
		write(http2.NewFramer(&out, nil))
		return out.Bytes()
	}
	opened := func(w *http2.Framer, fields []hpack.HeaderField) {
		_ = w.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100})
		_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(fields), EndHeaders: true})
	}
	f.Add(frames(func(w *http2.Framer) {
		opened(w, requestFields("insecure", authority, echoPath))
		_ = w.WriteData(1, false, []byte{0, 0, 0, 0, 3, 'a', 'b'})
		_ = w.WritePing(false, [8]byte{})
		_ = w.WriteWindowUpdate(1, 10)
		_ = w.WriteData(1, true, []byte{'c', 0, 0, 0, 0, 0})
		_ = w.WriteRSTStream(1, http2.ErrCodeCancel)
		_ = w.WriteGoAway(1, http2.ErrCodeNo, []byte("bye"))
	}))
	f.Add(frames(func(w *http2.Framer) {
		opened(w, responseFields())
		_ = w.WriteData(1, false, []byte{1, 0xff, 0xff, 0xff, 0xff})
		_ = w.WriteDataPadded(1, false, []byte{0, 0, 0, 0, 1, 'x'}, make([]byte, 9))
		_ = w.WriteContinuation(1, true, nil)
	}))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := NewServer(plain(), map[string]Handler{echoPath: func(s *Stream) error { return echo(s) }})
		here, there := net.Pipe()
		s.add(func() { s.conns[there] = struct{}{} })
		go s.converse(there)
		go func() {
			_, _ = here.Write(append([]byte(http2.ClientPreface), raw...)) // or it is closed before
			_ = here.Close()
		}()
		_, _ = io.Copy(io.Discard, here) // or it is closed before
		within(t, "the server's end", s.Stop)
	})
}
