package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	patience   = 30 * time.Second // for what has to happen
	maxMessage = 20 << 20
	echoPath   = "/test.Test/Echo"
	holdPath   = "/test.Test/Hold" // receives nothing
	authority  = "chaincode"       // of servers, wherever they listen
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func plain() Options {
	return Options{Credentials: insecure.NewCredentials(), MaxMessage: maxMessage}
}

// within fails the test if f takes too long.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		t.Fatalf("waited too long for %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
	}
}

// TestMain sees to it that nothing of the package runs on after its tests.
func TestMain(m *testing.M) {
	code := m.Run()
	for limit := time.Now().Add(patience); code == 0; runtime.Gosched() {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("relay/wire.(*")) {
			break
		}
		if time.Now().After(limit) {
			fmt.Printf("goroutines are left:\n%s\n", stacks)
			code = 1
		}
	}
	os.Exit(code)
}

// serve has a Server serve one method.
func serve(t testing.TB, o Options, h Handler) (addr string, s *Server) {
	t.Helper()
	s = NewServer(o, map[string]Handler{echoPath: h, holdPath: func(s *Stream) error { <-s.Context().Done(); return nil }})
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		within(t, "the server's end", s.Stop)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), s
}

// client makes a Client.
func client(t testing.TB, addr string, o Options) *Client {
	t.Helper()
	c := NewClient(addr, authority, o)
	t.Cleanup(func() { within(t, "the client's end", c.Close) })
	return c
}

// talk is a stream, be it gRPC's own or this package's.
type talk interface {
	Send(msg []byte) error
	Recv() ([]byte, error)
}

// echo sends back what it gets.
func echo(s talk) error {
	for {
		msg, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = s.Send(msg)
		}
		if err != nil {
			return err
		}
	}
}

// others is a stream of gRPC's own.
type others struct {
	s interface {
		SendMsg(m any) error
		RecvMsg(m any) error
	}
}

func (o others) Send(msg []byte) error { return o.s.SendMsg(&msg) }
func (o others) Recv() (msg []byte, err error) {
	err = o.s.RecvMsg(&msg)
	return msg, err
}

// asIs is a codec of messages that are bytes.
type asIs struct{}

func (asIs) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (asIs) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }
func (asIs) Name() string                       { return "as-is" }

// grpcServer is a server of gRPC's own.
func grpcServer(t testing.TB, creds credentials.TransportCredentials, h func(grpc.ServerStream) error) (addr string, s *grpc.Server) {
	t.Helper()
	s = grpc.NewServer(grpc.ForceServerCodec(asIs{}), grpc.MaxRecvMsgSize(maxMessage), grpc.Creds(creds))
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "test.Test", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{{
		StreamName: "Echo", ServerStreams: true, ClientStreams: true, Handler: func(_ any, s grpc.ServerStream) error { return h(s) },
	}}}, nil)
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	t.Cleanup(func() { s.Stop(); <-served })
	return l.Addr().String(), s
}

// grpcStream is a stream of a client of gRPC's own.
func grpcStream(ctx context.Context, t testing.TB, addr, path string, creds credentials.TransportCredentials) grpc.ClientStream {
	t.Helper()
	conn := must(grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(creds), grpc.WithAuthority(authority)))
	t.Cleanup(func() { _ = conn.Close() })
	return must(conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, path,
		grpc.ForceCodec(asIs{}), grpc.MaxCallRecvMsgSize(maxMessage), grpc.WaitForReady(true)))
}

// expectStatus checks what a stream ended with.
func expectStatus(t testing.TB, err error, code codes.Code, words string) {
	t.Helper()
	if s, ok := status.FromError(err); !ok || s.Code() != code || !strings.Contains(s.Message(), words) {
		t.Errorf("it ended with %v, want %s: %q", err, code, words)
	}
}

// bare is the other end of a connection, as a test writes it, frame by frame.
type bare struct {
	*http2.Framer
	t    testing.TB
	conn net.Conn
}

func newBare(t testing.TB, conn net.Conn) *bare {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	b := &bare{Framer: http2.NewFramer(conn, conn), t: t, conn: conn}
	b.AllowIllegalWrites = true
	b.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	return b
}

// dialBare begins a connection to a server.
func dialBare(t testing.TB, addr string, settings ...http2.Setting) *bare {
	t.Helper()
	b := greetBare(t, addr)
	b.no(b.WriteSettings(settings...))
	return b
}

// greetBare begins one without settings.
func greetBare(t testing.TB, addr string) *bare {
	t.Helper()
	b := newBare(t, must(net.Dial("tcp", addr)))
	must(io.WriteString(b.conn, http2.ClientPreface))
	return b
}

// acceptBare takes a connection of a client, and begins it.
func acceptBare(t testing.TB, l net.Listener, settings ...http2.Setting) *bare {
	t.Helper()
	b := newBare(t, must(l.Accept()))
	preface := make([]byte, len(http2.ClientPreface))
	_, err := io.ReadFull(b.conn, preface)
	b.no(err)
	b.no(b.WriteSettings(settings...))
	return b
}

func (b *bare) no(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// headers opens a stream.
func (b *bare) headers(id uint32, path string, last bool) {
	b.t.Helper()
	b.no(b.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block(requestFields("insecure", "here", path)), EndHeaders: true, EndStream: last}))
}

func block(fields []hpack.HeaderField) []byte {
	var out bytes.Buffer
	e := hpack.NewEncoder(&out)
	for _, f := range fields {
		_ = e.WriteField(f) // to memory
	}
	return out.Bytes()
}

// message sends a message in one frame.
func (b *bare) message(id uint32, text string) {
	b.t.Helper()
	b.no(b.WriteData(id, false, append([]byte{0, 0, 0, 0, byte(len(text))}, text...)))
}

// next reads up to the next frame of a type.
func next[F http2.Frame](b *bare) F {
	b.t.Helper()
	for {
		f, err := b.ReadFrame()
		if err != nil {
			var want F
			b.t.Fatalf("no %T has come: %v", want, err)
		}
		if f, ok := f.(F); ok {
			return f
		}
	}
}

// fields sends headers, given as names and values.
func (b *bare) fields(id uint32, last bool, pairs ...string) {
	b.t.Helper()
	var fields []hpack.HeaderField
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	b.no(b.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block(fields), EndHeaders: true, EndStream: last}))
}
