package relay

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// The answers to pings come later, between two frames, and all the rest comes as it was written,
// however that was cut.
func TestAnswersToPingsComeLater(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		var frames bytes.Buffer
		wanted := 0
		w := http2.NewFramer(&frames, nil)
		for i := range 200 {
			switch random.IntN(4) {
			case 0:
				_ = w.WritePing(true, [8]byte{byte(i)})
				wanted++
			case 1:
				_ = w.WritePing(false, [8]byte{byte(i)})
			default:
				_ = w.WriteData(uint32(i+1), false, make([]byte, random.IntN(40)))
			}
		}
		here, there := net.Pipe()
		client := random.IntN(2) == 0
		conn := &ackConn{Conn: here}
		text := frames.Bytes()
		if client {
			conn.rest = len(http2.ClientPreface)
			text = append([]byte(http2.ClientPreface), text...)
		}
		go func() {
			for rest := text; len(rest) > 0; {
				n := min(1+random.IntN(60), len(rest))
				if _, err := conn.Write(rest[:n]); err != nil {
					t.Error(err)
				}
				rest = rest[n:]
			}
		}()
		if client {
			if _, err := io.CopyN(io.Discard, there, int64(len(http2.ClientPreface))); err != nil {
				t.Fatal(err)
			}
		}
		expectFrames(t, http2.NewFramer(nil, there), http2.NewFramer(nil, &frames), wanted)
		_, _ = here.Close(), there.Close()
	}
}

// expectFrames reads all the frames that were written, and the answers among them, which come after
// all that was written before them, and in their own order.
func expectFrames(t *testing.T, got, written *http2.Framer, answers int) {
	t.Helper()
	var acks, gotAcks [][8]byte
	next := func() http2.Frame {
		for {
			f, err := written.ReadFrame()
			if err != nil {
				return nil
			}
			if p, ok := f.(*http2.PingFrame); ok && p.IsAck() {
				acks = append(acks, p.Data)
				continue
			}
			return f
		}
	}
	for f := next(); f != nil || len(gotAcks) < answers; {
		g, err := got.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := g.(*http2.PingFrame); ok && p.IsAck() {
			gotAcks = append(gotAcks, p.Data)
			continue
		}
		if f == nil || g.Header().String() != f.Header().String() {
			t.Fatalf("got %v, written was %v", g, f)
		}
		f = next()
	}
	for i := range acks {
		if gotAcks[i] != acks[i] {
			t.Errorf("answer %d is to ping %v, not %v", i, gotAcks[i], acks[i])
		}
	}
}

// A connection that pings to see whether the other end is there hears that it is.
func TestAPingIsAnswered(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.Creds(unhurried{insecure.NewCredentials()}))
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	t.Cleanup(func() { s.Stop(); <-served })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was only read from
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	f := http2.NewFramer(conn, conn)
	if err := f.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	begun, data := time.Now(), [8]byte{1, 2, 3}
	if err := f.WritePing(false, data); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := frame.(*http2.PingFrame); ok && p.IsAck() && p.Data == data {
			if took := time.Since(begun); took < ackPause {
				t.Errorf("the answer came after %s: it was not held back", took)
			}
			return
		}
	}
}
