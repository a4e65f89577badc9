package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

const (
	packageID = "basic_1.0:0123"
	channel   = "mychannel"
	patience  = 30 * time.Second // for what has to happen
)

// fakePeer drives a chaincode's stream as core/chaincode/handler.go does.
type fakePeer struct {
	t       testing.TB
	conn    *grpc.ClientConn
	stream  peer.Chaincode_ConnectClient
	cancel  context.CancelFunc
	timeout time.Duration // executetimeout
	isReady chan struct{}
	ended   chan struct{}
	endErr  error

	sending sync.Mutex
	mu      sync.Mutex
	state   map[string][]byte
	txs     map[key]chan *peer.ChaincodeMessage
	active  map[key]bool // with a request
	stray   []*peer.ChaincodeMessage
	echoed  int
	invoke  func(msg *peer.ChaincodeMessage) *peer.ChaincodeMessage // INVOKE_CHAINCODE
}

var readyPayload = must(proto.Marshal(&peer.ChaincodeAdditionalParams{UseWriteBatch: true, MaxSizeWriteBatch: 1000}))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// dialPeer connects a peer to a chaincode, or to what takes itself for one.
func dialPeer(t testing.TB, addr string, secure *cctls.TLS) *fakePeer {
	t.Helper()
	conn := must(grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(secure.Client(addr, func(why error) { t.Error(why) })),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(110<<20))))
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := peer.NewChaincodeClient(conn).Connect(ctx, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	p := &fakePeer{
		t: t, conn: conn, stream: stream, cancel: cancel, timeout: patience, isReady: make(chan struct{}), ended: make(chan struct{}),
		state: map[string][]byte{}, txs: map[key]chan *peer.ChaincodeMessage{}, active: map[key]bool{},
	}
	go p.read()
	t.Cleanup(p.close)
	await(t, p.isReady, "a peer's registration")
	return p
}

func (p *fakePeer) close() {
	p.cancel()
	_ = p.conn.Close()
	<-p.ended
}

func (p *fakePeer) send(msg *peer.ChaincodeMessage) {
	p.sending.Lock()
	defer p.sending.Unlock()
	_ = p.stream.Send(msg) // the end of the stream is seen by read
}

func (p *fakePeer) read() {
	defer close(p.ended)
	registered := false
	for {
		msg, err := p.stream.Recv()
		if err != nil {
			p.endErr = err
			return
		}
		switch kind := msg.GetType(); {
		case kind == peer.ChaincodeMessage_KEEPALIVE:
			p.mu.Lock()
			p.echoed++
			p.mu.Unlock()
		case !registered:
			var id peer.ChaincodeID
			if err := proto.Unmarshal(msg.GetPayload(), &id); err != nil || kind != peer.ChaincodeMessage_REGISTER || id.GetName() != packageID {
				p.endErr = fmt.Errorf("the first message is a %s of %q", kind, id.GetName())
				p.cancel()
				return
			}
			registered = true
			p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_REGISTERED})
			p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_READY, Payload: readyPayload})
			close(p.isReady)
		case kind == peer.ChaincodeMessage_COMPLETED || kind == peer.ChaincodeMessage_ERROR:
			p.notify(msg)
		case (abilities{writeBatch: true}).understands(kind):
			go p.request(msg)
		default:
			p.endErr = fmt.Errorf("cannot handle message (%s) while in ready state", kind)
			p.cancel()
			return
		}
	}
}

func (p *fakePeer) notify(msg *peer.ChaincodeMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if result := p.txs[keyOf(msg)]; result != nil {
		select {
		case result <- msg:
		default:
			p.stray = append(p.stray, msg)
		}
		return
	}
	p.stray = append(p.stray, msg)
}

func (p *fakePeer) request(msg *peer.ChaincodeMessage) {
	k := keyOf(msg)
	p.mu.Lock()
	if p.active[k] {
		p.mu.Unlock()
		return
	}
	p.active[k] = true
	known := p.txs[k] != nil
	invoke := p.invoke
	p.mu.Unlock()
	answer := &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, ChannelId: k.channel, Txid: k.txid}
	switch {
	case !known:
		answer = &errorMessage(k, "no ledger context").ChaincodeMessage
	case msg.GetType() == peer.ChaincodeMessage_INVOKE_CHAINCODE && invoke != nil:
		answer = invoke(msg)
	default:
		p.ledger(msg, answer)
	}
	p.mu.Lock()
	delete(p.active, k)
	p.mu.Unlock()
	p.send(answer)
}

func (p *fakePeer) ledger(msg, answer *peer.ChaincodeMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch msg.GetType() {
	case peer.ChaincodeMessage_GET_STATE:
		var get peer.GetState
		_ = proto.Unmarshal(msg.GetPayload(), &get)
		answer.Payload = p.state[get.GetKey()]
	case peer.ChaincodeMessage_PUT_STATE:
		var put peer.PutState
		_ = proto.Unmarshal(msg.GetPayload(), &put)
		p.state[put.GetKey()] = put.GetValue()
	}
}

// begin starts a transaction, and gives where its end is to come.
func (p *fakePeer) begin(k key, args ...string) <-chan *peer.ChaincodeMessage {
	input := &peer.ChaincodeInput{}
	for _, a := range args {
		input.Args = append(input.Args, []byte(a))
	}
	result := make(chan *peer.ChaincodeMessage, 1)
	p.mu.Lock()
	p.txs[k] = result
	p.mu.Unlock()
	p.send(&peer.ChaincodeMessage{
		Type: peer.ChaincodeMessage_TRANSACTION, ChannelId: k.channel, Txid: k.txid, Payload: must(proto.Marshal(input)),
	})
	return result
}

// end waits for a transaction, and forgets it.
func (p *fakePeer) end(k key, result <-chan *peer.ChaincodeMessage) (string, error) {
	limit := time.NewTimer(p.timeout)
	defer limit.Stop()
	defer p.forget(k)
	select {
	case msg := <-result:
		return outcome(msg)
	case <-p.ended:
		return "", fmt.Errorf("chaincode stream terminated: %w", p.endErr)
	case <-limit.C:
		return "", errors.New("timeout expired while executing transaction")
	}
}

func (p *fakePeer) forget(k key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.txs, k)
}

// strays are the ends of transactions that the peer does not know.
func (p *fakePeer) strays() []*peer.ChaincodeMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.stray)
}

// submit executes a transaction.
func (p *fakePeer) submit(txid string, args ...string) (string, error) {
	k := key{channel, txid}
	return p.end(k, p.begin(k, args...))
}

func outcome(msg *peer.ChaincodeMessage) (string, error) {
	if msg.GetType() == peer.ChaincodeMessage_ERROR {
		return "", errors.New(string(msg.GetPayload()))
	}
	var response peer.Response
	if err := proto.Unmarshal(msg.GetPayload(), &response); err != nil {
		return "", err
	}
	if response.GetStatus() != 200 {
		return "", errors.New(response.GetMessage())
	}
	return string(response.GetPayload()), nil
}
