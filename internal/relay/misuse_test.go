package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

// asked makes a chaincode that sends something besides its transaction, and answers with what it
// gets for that.
func asked(do func(c *call) *peer.ChaincodeMessage) program {
	return chaincode(func(c *call) (string, error) {
		if len(c.args) == 0 {
			return number(c)
		}
		c.send(do(c))
		select {
		case msg := <-c.answers:
			return fmt.Sprintf("%s %s", msg.GetType(), msg.GetPayload()), nil
		case <-c.gone():
			return "", nil
		}
	})
}

func TestWhatAChaincodeMustNotSend(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(c *call) *peer.ChaincodeMessage
		want string
	}{
		"a second registration": {func(c *call) *peer.ChaincodeMessage {
			msg := register(packageID)
			msg.ChannelId, msg.Txid = c.key.channel, c.key.txid // so that the fake hears of it
			return msg
		}, "does not understand a REGISTER"},
		"an unknown message": {func(c *call) *peer.ChaincodeMessage { return c.message(77, nil) }, "does not understand a 77"},
		"what this peer does not understand": {func(c *call) *peer.ChaincodeMessage {
			return c.message(peer.ChaincodeMessage_GET_STATE_MULTIPLE, nil)
		}, "does not understand a GET_STATE_MULTIPLE"},
		"too large a request": {func(c *call) *peer.ChaincodeMessage {
			return c.message(peer.ChaincodeMessage_PUT_STATE, make([]byte, 1<<20))
		}, "more than the 1.0 MiB that a peer takes"},
	} {
		t.Run(name, func(t *testing.T) {
			inModes(t, func(t *testing.T, mode Mode) {
				g := newRig(t, Config{MaxMessage: 1 << 20})
				g.host.add("a", asked(tc.do))
				g.swap(1, "a", mode)
				p := g.peer()
				got, err := p.submit("t1", "misbehave")
				if err != nil || !strings.Contains(got, "ERROR") || !strings.Contains(got, tc.want) {
					t.Errorf("it gets %q (%v), want %q", got, err, tc.want)
				}
				expect(t, p, "t2", "1") // over the same streams
				if s := g.r.Status(); s.Restarts != 0 {
					t.Errorf("its status is %+v", s)
				}
			})
		})
	}
}

func TestARequestAfterCompleted(t *testing.T) {
	g := newRig(t, Config{})
	late := make(chan string, 1)
	g.host.add("a", func(p *fakeProcess, s talk) error {
		return speak(p, s, func(c *call) {
			c.send(c.message(peer.ChaincodeMessage_COMPLETED, must(proto.Marshal(&peer.Response{Status: 200, Payload: []byte("ok")}))))
			_, err := c.get("k")
			late <- fmt.Sprint(err)
			c.send(c.message(peer.ChaincodeMessage_COMPLETED, nil)) // and again
		})
	})
	g.swap(1, "a", Server)
	p := g.peer()
	for i := range 3 {
		expect(t, p, fmt.Sprint("t", i), "ok")
		if got := <-late; !strings.Contains(got, "a GET_STATE of a transaction that has ended") {
			t.Errorf("the late request got %q", got)
		}
	}
	if n := len(p.strays()); n != 0 {
		t.Errorf("the peer got %d strays", n)
	}
}

func TestASecondRequestAtOnce(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("a", chaincode(func(c *call) (string, error) {
		c.send(c.message(peer.ChaincodeMessage_INVOKE_CHAINCODE, []byte("1")))
		c.send(c.message(peer.ChaincodeMessage_INVOKE_CHAINCODE, []byte("2")))
		msg := <-c.answers
		return string(msg.GetPayload()), nil
	}))
	g.swap(1, "a", Server)
	p := g.peer()
	p.invoke = func(msg *peer.ChaincodeMessage) *peer.ChaincodeMessage {
		return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, ChannelId: msg.GetChannelId(), Txid: msg.GetTxid(), Payload: msg.GetPayload()}
	}
	expect(t, p, "t", "1")
}

func TestWhatAPeerMustNotSend(t *testing.T) {
	g := newRig(t, Config{MaxMessage: 1 << 20})
	g.host.add("a", chaincode(number))
	g.swap(1, "a", Server)
	p := g.peer()
	k := key{channel, "odd"}
	result := make(chan *peer.ChaincodeMessage, 1)
	p.mu.Lock()
	p.txs[k] = result
	p.mu.Unlock()
	for _, kind := range []peer.ChaincodeMessage_Type{peer.ChaincodeMessage_COMPLETED, 78} {
		p.send(&peer.ChaincodeMessage{Type: kind, ChannelId: channel, Txid: "odd"})
		_, err := outcome(<-result)
		expectError(t, err, "does not know what to do")
	}
	// An answer that nobody waits for, and another registration's end.
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, ChannelId: channel, Txid: "none"})
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_READY})
	_, err := p.submit("large", strings.Repeat("x", 1<<20))
	expectError(t, err, "more than the 1.0 MiB that a chaincode takes")
	expect(t, p, "t", "1")
	if s := g.r.Status(); s.Restarts != 0 {
		t.Errorf("its status is %+v", s)
	}
}

// An answer that its transaction has not asked for would be taken for that to its next request.
func TestAnAnswerThatNobodyAskedFor(t *testing.T) {
	g := newRig(t, Config{})
	w := newGates()
	g.host.add("a", chaincode(func(c *call) (string, error) {
		w.reached <- struct{}{}
		<-w.open
		value, err := c.get("k")
		return string(value), err
	}))
	g.swap(1, "a", Server)
	p := g.peer()
	p.state["k"] = []byte("v")
	k := key{channel, "t"}
	result := p.begin(k)
	<-w.reached
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, ChannelId: channel, Txid: "t", Payload: []byte("stray")})
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_TRANSACTION, ChannelId: "another", Txid: "after it"})
	<-w.reached
	close(w.open)
	if got, err := p.end(k, result); err != nil || got != "v" {
		t.Errorf("it gives %q, %v", got, err)
	}
}

func TestATransactionBeforeReady(t *testing.T) {
	g := newRig(t, Config{})
	u := g.r.newUpstream(t.Context(), "a peer")
	defer g.r.detach(u)
	g.r.fromPeer(u, newMessage(peer.ChaincodeMessage_TRANSACTION, key{txid: "t"}, nil))
	if msg, ok := u.queue.next(); !ok || msg.GetType() != peer.ChaincodeMessage_ERROR {
		t.Errorf("the peer gets %v", msg)
	}
}

func TestAPeerThatDoesNotAnswer(t *testing.T) {
	g := newRig(t, Config{RegisterLimit: 10 * time.Millisecond})
	conn := must(grpc.NewClient("passthrough:///"+g.addr, grpc.WithTransportCredentials(insecure.NewCredentials())))
	defer conn.Close() //nolint:errcheck // nothing depends on it
	s := must(peer.NewChaincodeClient(conn).Connect(t.Context()))
	if msg := must(s.Recv()); msg.GetType() != peer.ChaincodeMessage_REGISTER {
		t.Errorf("the first message is a %s", msg.GetType())
	}
	_, err := s.Recv()
	expectError(t, err, "did not answer the registration within 10ms")
}

// Messages of the sizes that real peers and shims meet.
func TestSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves a GiB")
	}
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", chaincode(func(c *call) (string, error) {
			var size int
			if len(c.args) < 2 {
				return number(c)
			}
			must(fmt.Sscan(c.args[1], &size))
			large := make([]byte, size<<20)
			switch c.args[0] {
			case "put":
				return "ok", c.put("large", large)
			case "get":
				value, err := c.get("large")
				return fmt.Sprint(len(value) >> 20), err
			}
			return string(large), nil
		}))
		g.swap(1, "a", mode)
		p := g.peer()
		for _, size := range []int{4, 99, 101} {
			_, err := p.submit(fmt.Sprint("put", size), "put", fmt.Sprint(size))
			_, resultErr := p.submit(fmt.Sprint("result", size), "result", fmt.Sprint(size))
			if size > 100 {
				expectError(t, err, "PUT_STATE has 101.0 MiB")
				expectError(t, resultErr, "result has 101.0 MiB")
				p.state["large"] = make([]byte, size<<20)
				_, err = p.submit("get101", "get", "0")
				expectError(t, err, "answer has 101.0 MiB")
				_, err = p.submit("argument101", "x", string(make([]byte, size<<20)))
				expectError(t, err, "transaction has 101.0 MiB")
				continue
			}
			if err != nil || resultErr != nil {
				t.Errorf("%d MiB: %v, %v", size, err, resultErr)
			}
			expect(t, p, fmt.Sprint("get", size), fmt.Sprint(size), "get", "0")
		}
		expect(t, p, "t", "1")
		if s := g.r.Status(); s.Restarts != 0 || len(s.Peers) != 1 {
			t.Errorf("its status is %+v", s)
		}
	})
}

// frozen is a chaincode that stops reading at its first transaction "freeze", as under SIGSTOP.
func frozen(reached chan<- struct{}) program {
	return func(p *fakeProcess, s talk) error {
		_ = s.Send(register(p.PackageID))
		for {
			msg, err := s.Recv()
			if err != nil {
				return err
			}
			if msg.GetType() == peer.ChaincodeMessage_TRANSACTION {
				reached <- struct{}{}
				<-p.ctx.Done()
				return nil
			}
		}
	}
}

func TestAStoppedProcessHoldsUpNobody(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		reached := make(chan struct{}, 1)
		g.host.add("frozen", frozen(reached))
		g.host.add("good", chaincode(number))
		p := g.peer()
		g.swap(1, "frozen", mode)
		var keys []key
		var results []<-chan *peer.ChaincodeMessage
		for i := range 30 { // far more than the buffers between them hold
			k := key{channel, fmt.Sprint("old", i)}
			keys, results = append(keys, k), append(results, p.begin(k, strings.Repeat("x", 1<<20)))
		}
		<-reached
		g.swap(2, "good", mode)
		for i := range 10 {
			expect(t, p, fmt.Sprint("new", i), "2")
		}
		if got := g.r.Status().state(1); got != Draining {
			t.Errorf("the stopped one is %s", got)
		}
		g.host.generation(1)[0].Kill()
		failed := 0
		for i, result := range results {
			if got, err := p.end(keys[i], result); err != nil {
				expectError(t, err, "generation 1", "killed")
				failed++
			} else if got != "2" { // the process had not been sent it
				t.Errorf("transaction %d gives %q", i, got)
			}
		}
		if failed == 0 {
			t.Error("none failed, though the process had read one at least")
		}
	})
}

func TestAQueueThatIsFull(t *testing.T) {
	g := newRig(t, Config{QueueLimit: 2 << 20, StallLimit: 100 * time.Millisecond})
	reached := make(chan struct{}, 1)
	g.host.add("a", frozen(reached))
	p := g.peer()
	g.swap(1, "a", Server)
	g.host.add("a", chaincode(number)) // what is started again behaves
	first := key{channel, "first"}
	result := p.begin(first, "x")
	<-reached
	var keys []key
	var others []<-chan *peer.ChaincodeMessage
	for i := 0; len(result) == 0; i++ {
		k := key{channel, fmt.Sprint("t", i)}
		keys, others = append(keys, k), append(others, p.begin(k, strings.Repeat("x", 1<<20)))
		time.Sleep(5 * time.Millisecond) // or there would be a GiB of them
	}
	_, err := p.end(first, result)
	expectError(t, err, "did not read the 2.0 MiB")
	refused := false
	for i, other := range others {
		_, err := p.end(keys[i], other) // what was taken fails with the first, or is for the one that is started again
		refused = refused || err != nil && strings.Contains(err.Error(), "to read before this transaction")
	}
	if !refused {
		t.Error("none was refused because of what there was to read before it")
	}
	g.until("the restart", func(s Status) bool { return s.Restarts == 1 && s.state(1) == Live })
	expect(t, p, "t", "1")
}

func TestQueue(t *testing.T) {
	of := func(size int) *message { return newMessage(peer.ChaincodeMessage_RESPONSE, key{}, make([]byte, size)) }
	q := newQueue(1000)
	if !q.offer(of(2000)) {
		t.Error("an empty queue does not take a large message")
	}
	if q.offer(of(1)) {
		t.Error("a full queue takes one more")
	}
	waited := make(chan struct{})
	go func() { q.awaitRoom(t.Context()); close(waited) }()
	q.push(of(1))
	if msg, ok := q.next(); !ok || len(msg.GetPayload()) != 2000 {
		t.Error("the oldest is not the first")
	}
	await(t, waited, "room")
	if q.stalled(time.Hour) || !q.stalled(-1) {
		t.Error("it does not know that a message is being sent")
	}
	if q.sent(); q.stalled(-1) {
		t.Error("it does not know that the message was sent")
	}
	if got := q.take(); len(got) != 1 || q.bytes != 0 {
		t.Errorf("it holds %d messages", len(got))
	}
	if _, ok := q.next(); ok {
		t.Error("it holds what was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	q.push(of(2000))
	cancel()
	q.awaitRoom(ctx) // returns
}
