package probe_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/probe"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

const id = "basic_1.0:0123"

// chaincode is a chaincode server that does as a test says with a peer's stream.
type chaincode struct {
	peer.UnimplementedChaincodeServer
	connect func(peer.Chaincode_ConnectServer) error
}

func (c chaincode) Connect(stream peer.Chaincode_ConnectServer) error { return c.connect(stream) }

// registers sends a first message and waits for the peer to go.
func registers(kind peer.ChaincodeMessage_Type, payload []byte, gone chan<- struct{}) chaincode {
	return chaincode{connect: func(stream peer.Chaincode_ConnectServer) error {
		if err := stream.Send(&peer.ChaincodeMessage{Type: kind, Payload: payload}); err != nil {
			return err
		}
		<-stream.Context().Done()
		if gone != nil {
			close(gone)
		}
		return nil
	}}
}

func name(t *testing.T, id string) []byte {
	t.Helper()
	payload, err := proto.Marshal(&peer.ChaincodeID{Name: id})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// serve runs a gRPC server, of a chaincode if c is not nil, and gives its address.
func serve(t *testing.T, c peer.ChaincodeServer) string {
	t.Helper()
	l := listen(t)
	s := grpc.NewServer()
	if c != nil {
		peer.RegisterChaincodeServer(s, c)
	}
	go func() { _ = s.Serve(l) }() // it ends with Stop
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// accept does something with each plain TCP connection, and gives the address.
func accept(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	l := listen(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			do(conn)
		}
	}()
	return l.Addr().String()
}

func TestTheRightChaincode(t *testing.T) {
	gone := make(chan struct{})
	addr := serve(t, registers(peer.ChaincodeMessage_REGISTER, name(t, id), gone))
	if err := probe.Register(t.Context(), addr, id, nil); err != nil {
		t.Fatal(err)
	}
	<-gone // the stream has ended: the chaincode serves the peer that comes next
}

func TestNoFurtherTryHelps(t *testing.T) {
	for label, tc := range map[string]struct {
		server peer.ChaincodeServer
		wrong  *probe.WrongID
		says   string
	}{
		"another ID":               {server: registers(peer.ChaincodeMessage_REGISTER, name(t, "basic_1.0:4567"), nil), wrong: &probe.WrongID{Got: "basic_1.0:4567", Want: id}},
		"no ID":                    {server: registers(peer.ChaincodeMessage_REGISTER, nil, nil), wrong: &probe.WrongID{Want: id}},
		"another message":          {server: registers(peer.ChaincodeMessage_COMPLETED, name(t, id), nil), says: "COMPLETED, not a REGISTER"},
		"a REGISTER of no message": {server: registers(peer.ChaincodeMessage_REGISTER, []byte{0xff}, nil), says: "not a REGISTER"},
		"gRPC, but no chaincode":   {server: nil, says: "not as a chaincode server"},
	} {
		t.Run(label, func(t *testing.T) {
			addr := serve(t, tc.server)
			tries := 0
			err := wait.For(t.Context(), time.Minute, func(ctx context.Context) error {
				tries++
				return probe.Register(ctx, addr, id, nil)
			})
			if err == nil || tries != 1 || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%d tries: %v", tries, err)
			}
			var wrong *probe.WrongID
			if tc.wrong != nil && (!errors.As(err, &wrong) || *wrong != *tc.wrong) {
				t.Errorf("the error is %#v, want %#v", err, tc.wrong)
			}
		})
	}
}

func TestAFurtherTryMayHelp(t *testing.T) {
	nobody := listen(t)
	_ = nobody.Close()
	web := accept(t, func(conn net.Conn) {
		_, _ = conn.Write([]byte("HTTP/1.0 " + http.StatusText(http.StatusOK) + "\r\n\r\n"))
		_ = conn.Close()
	})
	for label, addr := range map[string]string{
		"it closes the stream at once":     serve(t, chaincode{connect: func(peer.Chaincode_ConnectServer) error { return nil }}),
		"it ends the stream with an error": serve(t, chaincode{connect: func(peer.Chaincode_ConnectServer) error { return errors.New("starting") }}),
		"it closes the connection at once": accept(t, func(conn net.Conn) { _ = conn.Close() }),
		"nobody listens":                   nobody.Addr().String(),
		"it speaks something else":         web,
	} {
		t.Run(label, func(t *testing.T) {
			tries := 0
			err := wait.For(t.Context(), time.Minute, func(ctx context.Context) error {
				if tries++; tries == 3 {
					return nil
				}
				err := probe.Register(ctx, addr, id, nil)
				if err == nil {
					return wait.Stop(errors.New("it was taken for the chaincode"))
				}
				return err
			})
			if err != nil || tries != 3 {
				t.Errorf("%d tries: %v", tries, err)
			}
		})
	}
}

func TestAServerThatNeverAnswers(t *testing.T) {
	reached := make(chan struct{}, 100)
	silent := serve(t, chaincode{connect: func(stream peer.Chaincode_ConnectServer) error {
		reached <- struct{}{}
		<-stream.Context().Done()
		return nil
	}})
	mute := accept(t, func(conn net.Conn) { // open until the test ends
		reached <- struct{}{}
		t.Cleanup(func() { _ = conn.Close() })
	})
	for label, addr := range map[string]string{"a chaincode server": silent, "plain TCP": mute} {
		t.Run(label, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-reached; cancel() }()
			if err := probe.Register(ctx, addr, id, nil); err == nil || ctx.Err() == nil {
				t.Errorf("the error is %v, and the context's %v", err, ctx.Err())
			}
		})
	}
}
