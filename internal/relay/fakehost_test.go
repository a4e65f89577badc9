package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// fakeHost runs programs as goroutines of the test.
type fakeHost struct {
	t   testing.TB
	tls *cctls.TLS // of the programs; nil for none
	// lingers is for programs that dial to stay when their stream has ended, until they are killed.
	lingers bool
	// ending is what processes wait for when they are killed, if it is not nil.
	ending chan struct{}

	mu       sync.Mutex
	programs map[string]program
	procs    []*fakeProcess
	wg       sync.WaitGroup
}

// talk is a stream of either direction, as a chaincode has it.
type talk interface {
	Send(*peer.ChaincodeMessage) error
	Recv() (*peer.ChaincodeMessage, error)
}

// program is what a process does with each stream it has with the relay.
type program func(p *fakeProcess, s talk) error

// fakeProcess is a "process".
type fakeProcess struct {
	Launch
	host *fakeHost
	addr string
	pid  int
	ctx  context.Context

	once   sync.Once
	cancel context.CancelFunc
	stop   func()
	done   chan struct{}
	result Exit
}

var lastPID atomic.Int64

func (h *fakeHost) Start(_ context.Context, l Launch) (Process, error) {
	h.mu.Lock()
	run := h.programs[l.Program]
	h.mu.Unlock()
	if run == nil {
		return nil, errors.New("no such file or directory")
	}
	p := &fakeProcess{Launch: l, host: h, pid: int(lastPID.Add(1)), done: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if l.Mode == Client {
		p.call(run)
	} else {
		p.listen(run)
	}
	h.mu.Lock()
	h.procs = append(h.procs, p)
	h.mu.Unlock()
	return p, nil
}

type server struct {
	peer.UnimplementedChaincodeServer
	connect func(s peer.Chaincode_ConnectServer) error
}

func (s server) Connect(stream peer.Chaincode_ConnectServer) error { return s.connect(stream) }

func (p *fakeProcess) listen(run program) {
	l := must(net.Listen("tcp", cmp.Or(p.Dial, "127.0.0.1:0")))
	s := grpc.NewServer(grpc.MaxRecvMsgSize(210<<20), grpc.Creds(p.host.tls.Server(func(net.Addr, error) {})))
	peer.RegisterChaincodeServer(s, server{connect: func(s peer.Chaincode_ConnectServer) error { return run(p, s) }})
	p.addr, p.stop = l.Addr().String(), s.Stop
	p.host.wg.Go(func() { _ = s.Serve(l) })
}

func (p *fakeProcess) call(run program) {
	conn := must(grpc.NewClient("passthrough:///"+p.Dial, grpc.WithTransportCredentials(p.host.tls.Client(p.Dial, func(error) {})),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(210<<20))))
	p.stop = func() { _ = conn.Close() }
	p.host.wg.Go(func() {
		s, err := peer.NewChaincodeSupportClient(conn).Register(p.ctx)
		if err == nil {
			err = run(p, s)
		}
		if p.host.lingers {
			<-p.ctx.Done()
		}
		p.exit(1, fmt.Sprint("its stream ended: ", err)) // as shim.Start's caller does
	})
}

// exit ends the process by itself.
func (p *fakeProcess) exit(code int, log ...string) {
	p.finish(Exit{Code: code, How: fmt.Sprintf("exit code %d", code), Log: log})
}

func (p *fakeProcess) finish(e Exit) {
	p.once.Do(func() {
		p.host.wg.Go(func() {
			if p.host.ending != nil {
				<-p.host.ending
			}
			p.result = e
			p.cancel()
			p.stop()
			close(p.done)
		})
	})
}

func (p *fakeProcess) Address() string       { return p.addr }
func (p *fakeProcess) Done() <-chan struct{} { return p.done }
func (p *fakeProcess) Exit() Exit            { return p.result }
func (p *fakeProcess) Kill() {
	p.finish(Exit{Code: -1, How: "signal: killed", Log: []string{"killed here"}})
}
func (p *fakeProcess) PID() int { return p.pid }

// generation gives the processes of a generation.
func (h *fakeHost) generation(n int) (procs []*fakeProcess) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.procs {
		if p.Generation == n {
			procs = append(procs, p)
		}
	}
	return procs
}

func (h *fakeHost) add(name string, run program) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.programs[name] = run
}

// call is a transaction as a chaincode sees it.
type call struct {
	proc    *fakeProcess
	key     key
	args    []string
	send    func(*peer.ChaincodeMessage)
	answers chan *peer.ChaincodeMessage
}

func (c *call) gone() <-chan struct{} { return c.proc.ctx.Done() }

func (c *call) message(kind peer.ChaincodeMessage_Type, payload []byte) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: kind, ChannelId: c.key.channel, Txid: c.key.txid, Payload: payload}
}

// ask sends a request and waits for its answer.
func (c *call) ask(kind peer.ChaincodeMessage_Type, payload []byte) (*peer.ChaincodeMessage, error) {
	c.send(c.message(kind, payload))
	select {
	case msg := <-c.answers:
		if msg.GetType() == peer.ChaincodeMessage_ERROR {
			return nil, errors.New(string(msg.GetPayload()))
		}
		return msg, nil
	case <-c.gone():
		return nil, errors.New("the process ended")
	}
}

func (c *call) get(name string) ([]byte, error) {
	msg, err := c.ask(peer.ChaincodeMessage_GET_STATE, must(proto.Marshal(&peer.GetState{Key: name})))
	return msg.GetPayload(), err
}

func (c *call) put(name string, value []byte) error {
	_, err := c.ask(peer.ChaincodeMessage_PUT_STATE, must(proto.Marshal(&peer.PutState{Key: name, Value: value})))
	return err
}

// chaincode is a well-behaved program, but for what f does. f's result is the payload.
func chaincode(f func(c *call) (string, error)) program {
	return func(p *fakeProcess, s talk) error {
		return speak(p, s, func(c *call) {
			payload, err := f(c)
			response := &peer.Response{Status: 200, Payload: []byte(payload)}
			if err != nil {
				response = &peer.Response{Status: 500, Message: err.Error()}
			}
			if p.ctx.Err() != nil {
				return // the dead do not speak
			}
			c.send(c.message(peer.ChaincodeMessage_COMPLETED, must(proto.Marshal(response))))
		})
	}
}

// speak registers, and runs each transaction.
func speak(p *fakeProcess, s talk, run func(c *call)) error {
	var sending sync.Mutex
	send := func(msg *peer.ChaincodeMessage) {
		sending.Lock()
		defer sending.Unlock()
		_ = s.Send(msg)
	}
	send(register(p.PackageID))
	var seen []peer.ChaincodeMessage_Type
	var mu sync.Mutex
	calls := map[key]*call{}
	for {
		msg, err := s.Recv()
		if err != nil {
			return err
		}
		k := keyOf(msg)
		switch msg.GetType() {
		case peer.ChaincodeMessage_REGISTERED, peer.ChaincodeMessage_READY:
			seen = append(seen, msg.GetType())
			if len(seen) == 2 && string(msg.GetPayload()) != string(readyPayload) {
				return errors.New("READY is not the peer's")
			}
		case peer.ChaincodeMessage_TRANSACTION:
			if len(seen) != 2 {
				return errors.New("a transaction before READY")
			}
			var input peer.ChaincodeInput
			_ = proto.Unmarshal(msg.GetPayload(), &input)
			c := &call{proc: p, key: k, send: send, answers: make(chan *peer.ChaincodeMessage, 8)}
			for _, a := range input.GetArgs() {
				c.args = append(c.args, string(a))
			}
			mu.Lock()
			calls[k] = c
			mu.Unlock()
			p.host.wg.Go(func() {
				run(c)
				mu.Lock()
				defer mu.Unlock()
				if calls[k] == c {
					delete(calls, k)
				}
			})
		default:
			mu.Lock()
			c := calls[k]
			mu.Unlock()
			if c == nil { // as the Go shim does
				return fmt.Errorf("[%s] responseChannel does not exist", k.txid)
			}
			c.answers <- msg
		}
	}
}

func register(id string) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_REGISTER, Payload: must(proto.Marshal(&peer.ChaincodeID{Name: id}))}
}
