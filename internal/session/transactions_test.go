package session

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// patience is for what comes at once, on a machine that has other things to do.
const patience = time.Minute

// followed is a network of one peer, which does not run, with a session that follows it.
type followed struct {
	*testing.T
	net    network.Network
	events chan event.Event
}

func follow(t *testing.T, past bool, relays ...*followedRelay) *followed {
	t.Helper()
	f := &followed{T: t, events: make(chan event.Event, 100)}
	f.net = network.Network{Dir: t.TempDir(), Channel: "mychannel", Chaincodes: []network.Chaincode{}, Orgs: []network.Org{{
		Name: "Org1", MSPID: "Org1MSP", Domain: "org1", Peers: []network.Peer{{Node: network.Node{Name: "peer0.org1"}}},
	}}}
	f.add(relays...)
	s := &Session{dir: f.net.Dir, emit: func(e event.Event) { f.events <- e }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Transactions(ctx, past) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for _, r := range relays {
		if !past {
			f.awaitBegin(r)
		}
	}
	return f
}

// sounding begins the ids of transactions that show that a relay is followed.
const sounding = "sounding"

func (f *followed) awaitBegin(r *followedRelay) {
	f.Helper()
	for i := 0; ; i++ {
		r.run(fmt.Sprint(sounding, i), "f", 200)
		select {
		case e := <-f.events:
			if tx, ok := e.(event.Transaction); !ok || !strings.HasPrefix(tx.TxID, sounding) {
				f.Fatalf("%+v is told", e)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// add records chaincodes with these relays.
func (f *followed) add(relays ...*followedRelay) {
	f.Helper()
	for _, r := range relays {
		cc := network.Chaincode{Name: r.name, Relay: true, Control: network.Endpoint{Host: r.address}}
		f.net.Chaincodes = append(f.net.Chaincodes, cc)
		if err := os.MkdirAll(filepath.Dir(f.net.TokenFile(cc)), 0o700); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(f.net.TokenFile(cc), []byte("token"), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	if err := f.net.Save(); err != nil {
		f.Fatal(err)
	}
}

// expect takes the events until all of these transactions are told. Any other is one too many.
func (f *followed) expect(txids ...string) (told []event.Transaction) {
	f.Helper()
	for len(txids) > 0 {
		select {
		case e := <-f.events:
			tx, ok := e.(event.Transaction)
			if strings.HasPrefix(tx.TxID, sounding) {
				continue
			}
			at := slices.Index(txids, tx.TxID)
			if !ok || at < 0 {
				f.Fatalf("%+v is not one of %q", e, txids)
			}
			told, txids = append(told, tx), slices.Delete(txids, at, at+1)
		case <-time.After(patience):
			f.Fatalf("%q were not told", txids)
		}
	}
	return told
}

// followedRelay is the control API of a relay, which can be ended and started again at its address.
type followedRelay struct {
	*testing.T
	name, address string
	ring          *trace.Ring
	end           func()
}

func newRelay(t *testing.T, name string) *followedRelay {
	t.Helper()
	r := &followedRelay{T: t, name: name, address: "127.0.0.1:0", ring: trace.New(trace.Config{Chaincode: name})}
	r.start()
	t.Cleanup(func() { r.end() })
	return r
}

func (r *followedRelay) start() {
	r.Helper()
	l, err := net.Listen("tcp", r.address)
	if err != nil {
		r.Fatal(err)
	}
	r.address = l.Addr().String()
	transactions := relay.New(relay.Config{})
	s, err := control.New(control.Options{Relay: transactions, Traces: r.ring, Token: "token", Dir: r.TempDir()})
	if err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	r.end = func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
		transactions.Close()
		r.end = func() {}
	}
}

// began is when all executions of the test begin.
var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// run has a transaction executed that calls a function.
func (r *followedRelay) run(txid, function string, status int32) {
	r.Helper()
	r.runOn("peer0.org1", txid, function, status)
}

func (r *followedRelay) runOn(node, txid, function string, status int32) {
	r.Helper()
	pack := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		if err != nil {
			r.Fatal(err)
		}
		return b
	}
	msg := func(kind peer.ChaincodeMessage_Type, payload []byte) *peer.ChaincodeMessage {
		return &peer.ChaincodeMessage{Type: kind, ChannelId: "mychannel", Txid: txid, Payload: payload}
	}
	input := pack(&peer.ChaincodeInput{Args: [][]byte{[]byte(function)}})
	r.ring.Begin(began, node, 3, msg(peer.ChaincodeMessage_TRANSACTION, input))
	r.ring.Message(began, node, true, msg(peer.ChaincodeMessage_GET_STATE, nil))
	r.ring.Message(began, node, false, msg(peer.ChaincodeMessage_RESPONSE, nil))
	result := pack(&peer.Response{Status: status, Message: "said"})
	r.ring.Message(began.Add(time.Second), node, true, msg(peer.ChaincodeMessage_COMPLETED, result))
}

func TestTransactionsAsTheyEnd(t *testing.T) {
	r := newRelay(t, "basic")
	f := follow(t, false, r)
	r.run("one", "Create", 200)
	told := f.expect("one")[0]
	want := event.Transaction{
		TxID: "one", Channel: "mychannel", Chaincode: "basic", Function: "Create", Caller: told.Caller, Peer: "peer0.org1",
		Generation: 3, Began: began, Took: time.Second, Requests: 1,
	}
	if told != want {
		t.Errorf("it is told as %+v", told)
	}
	r.run("asked by ccdev", "org.hyperledger.fabric:GetMetadata", 200)
	r.run("two", "Fail", 500)
	if told := f.expect("two")[0]; told.Error != "said" {
		t.Errorf("it is told as %+v", told)
	}
}

func TestTransactionsAcrossARestart(t *testing.T) {
	r := newRelay(t, "basic")
	f := follow(t, false, r)
	r.run("one", "f", 200)
	f.expect("one")
	r.end() // the API only: what it has kept is there still
	r.run("two", "f", 200)
	r.start()
	f.expect("two")
	r.end() // all of it
	r.ring = trace.New(trace.Config{Chaincode: "basic"})
	r.run("three", "f", 200)
	r.start()
	f.expect("three")
	r.run("four", "f", 200)
	f.expect("four")
}

func TestTransactionsOfWhatComesLater(t *testing.T) {
	f := follow(t, false, newRelay(t, "there before"))
	r := newRelay(t, "basic")
	r.run("one", "f", 200)
	f.add(r)
	f.expect("one")
}

func TestTransactionsFromNowOn(t *testing.T) {
	r := newRelay(t, "basic")
	for i := range 10 {
		r.run(fmt.Sprint("before ", i), "f", 200)
	}
	f := follow(t, false, r)
	r.run("now", "f", 200)
	f.expect("now")
}

func TestTransactionsThatAreKept(t *testing.T) {
	one, other := newRelay(t, "one"), newRelay(t, "other")
	one.run("before", "f", 200)
	one.run("before that fails", "f", 500)
	other.run("elsewhere", "f", 200)
	f := follow(t, true, one, other)
	f.expect("before", "before that fails", "elsewhere")
	one.run("now", "f", 200)
	f.expect("now")
	one.end() // the API only: what it tells again was told
	one.start()
	one.run("later", "f", 200)
	f.expect("later")
}

func TestAnExecutionIsToldOnce(t *testing.T) {
	f := relayFollower{told: map[executionID]bool{}}
	for i := range 3 * rememberedExecutions {
		one := trace.Trace{TxID: fmt.Sprint(i), Start: began}
		if !f.first(one) || f.first(one) {
			t.Fatalf("%d is not told once", i)
		}
	}
	if len(f.told) != rememberedExecutions || len(f.order) != rememberedExecutions {
		t.Errorf("%d are remembered", len(f.told))
	}
}
