// Command record writes what Go's chaincode shim and a peer say to each other, as *.stream files:
// the messages that the tests of relay/trace and relay/state read. The chaincode's side is the
// shim's own handler; the peer's side is as Fabric's core/chaincode/handler.go answers.
//
//	cd internal/relay/trace/testdata/record && go run . .. ../../../state/testdata
package main

import (
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: record TRACE_TESTDATA STATE_TESTDATA")
	}
	for _, s := range scenarios() {
		folder := os.Args[1]
		if s.state {
			folder = os.Args[2]
		}
		if err := os.WriteFile(filepath.Join(folder, s.name+".stream"), record(s), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// scenario is one transaction of a chaincode.
type scenario struct {
	name      string
	args      [][]byte
	transient map[string][]byte
	calledBy  string // the chaincode of the proposal, when another one was called by it
	init      bool
	state     bool
	do        func(shim.ChaincodeStubInterface) *peer.Response
}

// Init and Invoke make a scenario a chaincode.
func (s scenario) Init(stub shim.ChaincodeStubInterface) *peer.Response   { return s.do(stub) }
func (s scenario) Invoke(stub shim.ChaincodeStubInterface) *peer.Response { return s.do(stub) }

// record runs a scenario to its end. Each message is a byte that says who sent it, '>' the
// chaincode or '<' the peer, and the message with its length before it.
func record(s scenario) []byte {
	p := &fakePeer{toCC: make(chan *peer.ChaincodeMessage, 4), done: make(chan struct{}), start: transaction(s), state: ledger()}
	go func() {
		if err := shim.StartInProc("basic_1:0", p, s); err != nil {
			log.Fatal(s.name, ": ", err)
		}
	}()
	<-p.done
	return p.log
}

type fakePeer struct {
	toCC      chan *peer.ChaincodeMessage
	done      chan struct{}
	start     *peer.ChaincodeMessage
	log       []byte
	state     map[string]map[string][]byte // collection → key → value
	iterators map[string][][]byte
}

func (p *fakePeer) write(who byte, m *peer.ChaincodeMessage) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		log.Fatal(err)
	}
	p.log = protowire.AppendBytes(append(p.log, who), raw)
}

// Recv is the chaincode's: what the peer says next.
func (p *fakePeer) Recv() (*peer.ChaincodeMessage, error) { return <-p.toCC, nil }

// CloseSend does nothing: the program ends.
func (p *fakePeer) CloseSend() error { return nil }

// Send is the chaincode's: the peer takes a message and answers it.
func (p *fakePeer) Send(m *peer.ChaincodeMessage) error {
	m = proto.Clone(m).(*peer.ChaincodeMessage)
	switch m.Type {
	case peer.ChaincodeMessage_REGISTER:
		params := marshal(&peer.ChaincodeAdditionalParams{
			UseWriteBatch: true, MaxSizeWriteBatch: 1000, UseGetMultipleKeys: true, MaxSizeGetMultipleKeys: 1000,
		})
		p.toCC <- &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_REGISTERED}
		p.toCC <- &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_READY, Payload: params}
		p.write('<', p.start)
		p.toCC <- p.start
	case peer.ChaincodeMessage_COMPLETED, peer.ChaincodeMessage_ERROR:
		p.write('>', m)
		close(p.done)
	default:
		p.write('>', m)
		answer := &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, Txid: m.Txid, ChannelId: m.ChannelId}
		payload, err := p.answer(m)
		answer.Payload = payload
		if err != nil {
			answer.Type = peer.ChaincodeMessage_ERROR
			answer.Payload = []byte(m.Type.String() + " failed: transaction ID: " + m.Txid + ": " + err.Error())
		}
		p.write('<', answer)
		p.toCC <- answer
	}
	return nil
}

func sortedKeys(m map[string][]byte) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
