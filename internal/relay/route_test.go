package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

var modes = []Mode{Server, Client}

// inModes runs a test in both modes.
func inModes(t *testing.T, f func(t *testing.T, mode Mode)) {
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) { f(t, mode) })
	}
}

func TestATransaction(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		rec := newRecorder()
		g := newRig(t, Config{Recorder: rec})
		g.host.add("a", chaincode(number))
		g.swap(1, "a", mode)
		p := g.peer()
		expect(t, p, "t1", "1")
		if string(p.state["k"]) != "v" {
			t.Errorf("the peer's state is %q", p.state)
		}
		if generation, kinds := rec.of("t1"); generation != 1 || kinds != ">GET_STATE <RESPONSE >PUT_STATE <RESPONSE >COMPLETED" {
			t.Errorf("recorded is generation %d: %s", generation, kinds)
		}
		s := g.r.Status()
		if s.Live != 1 || s.PackageID != packageID || len(s.Peers) != 1 || !s.Peers[0].Ready || s.Reason != "" ||
			len(s.Generations) != 1 || len(s.Generations[0].PIDs) != 1 || s.Generations[0].InFlight != 0 {
			t.Errorf("its status is %+v", s)
		}
	})
}

// The trace of a transaction whose peer goes ends with that: nothing else would end it.
func TestATraceEndsWithItsPeer(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		rec := newRecorder()
		g := newRig(t, Config{Recorder: rec})
		w := newGates()
		g.host.add("a", chaincode(w.chaincode))
		p := g.peer()
		g.swap(1, "a", mode)
		p.begin(key{channel, "t"}, "wait")
		<-w.reached
		p.close()
		g.until("the peer to be gone", func(s Status) bool { return len(s.Peers) == 0 })
		close(w.open)
		if _, got := rec.of("t"); !strings.HasSuffix(got, ">ERROR") {
			t.Errorf("recorded is %q", got)
		}
	})
}

func TestSeveralPeers(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		w := newGates()
		g.host.add("a", chaincode(w.chaincode))
		one := g.peer()
		g.swap(1, "a", mode)
		two := g.peer()
		// The same transaction is with both peers at once.
		k := key{channel, "t"}
		first, second := one.begin(k, "wait"), two.begin(k, "wait")
		<-w.reached
		<-w.reached
		close(w.open)
		for i, result := range []<-chan *peer.ChaincodeMessage{first, second} {
			if got, err := []*fakePeer{one, two}[i].end(k, result); err != nil || got != "1" {
				t.Errorf("peer %d: %q, %v", i, got, err)
			}
		}
		want := map[Mode]int{Server: 1, Client: 2}[mode]
		if got := len(g.host.generation(1)); got != want {
			t.Errorf("it has %d processes, want %d", got, want)
		}
		// One peer's going is none of the other's business.
		two.close()
		g.until("the peer to be gone", func(s Status) bool { return len(s.Peers) == 1 })
		expect(t, one, "t2", "1")
		if s := g.r.Status(); s.Restarts != 0 || s.Live != 1 {
			t.Errorf("its status is %+v", s)
		}
	})
}

func TestAPeerThatRestarts(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		w := newGates()
		g.host.add("a", chaincode(w.chaincode))
		p := g.peer()
		g.swap(1, "a", mode)
		k := key{channel, "t"}
		p.begin(k, "wait")
		<-w.reached
		p.close()
		g.until("the peer to be gone", func(s Status) bool { return len(s.Peers) == 0 && s.Generations[0].InFlight == 0 })
		p = g.peer()
		expect(t, p, "t", "1") // the same transaction again
		if s := g.r.Status(); s.Restarts != 0 || s.Live != 1 {
			t.Errorf("its status is %+v", s)
		}
		if mode == Server && len(g.host.generation(1)) != 1 {
			t.Error("the process was started again")
		}
	})
}

func TestTwoStreamsOfOnePeerForAMoment(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		w := newGates()
		g.host.add("a", chaincode(w.chaincode))
		g.swap(1, "a", mode)
		old := g.peer()
		k := key{channel, "t"}
		result := old.begin(k, "wait")
		<-w.reached
		again := g.peer()
		expect(t, again, "t", "1", "at once")
		close(w.open)
		if got, err := old.end(k, result); err != nil || got != "1" {
			t.Errorf("the first stream: %q, %v", got, err)
		}
		old.close()
		expect(t, again, "t3", "1")
	})
}

func TestNothingRunnable(t *testing.T) {
	g := newRig(t, Config{})
	p := g.peer()
	_, err := p.submit("t1", "f")
	expectError(t, err, "no generation of the chaincode has been started yet")
	g.r.Explain("the chaincode does not compile: main.go:3:1")
	_, err = p.submit("t2", "f")
	expectError(t, err, "main.go:3:1")
	if s := g.r.Status(); s.Live != 0 || !strings.Contains(s.Reason, "main.go") {
		t.Errorf("its status is %+v", s)
	}
	g.host.add("a", chaincode(number))
	g.swap(1, "a", Server)
	expect(t, p, "t3", "1")
}

func TestKeepalive(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("a", func(p *fakeProcess, s talk) error {
		return speak(p, s, func(c *call) {
			c.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_KEEPALIVE})
			c.send(c.message(peer.ChaincodeMessage_COMPLETED, must(proto.Marshal(&peer.Response{Status: 200, Payload: []byte("ok")}))))
		})
	})
	g.swap(1, "a", Server)
	p := g.peer()
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_KEEPALIVE}) // the fake chaincode would end its stream on it
	expect(t, p, "t", "ok")
	if p.echoed != 1 {
		t.Errorf("the peer got %d, want its own and not the chaincode's", p.echoed)
	}
}

func TestAClientThatGivesUpAndResubmits(t *testing.T) {
	g := newRig(t, Config{})
	w := newGates()
	g.host.add("a", chaincode(w.chaincode))
	g.swap(1, "a", Server)
	p := g.peer()
	k := key{channel, "t"}
	p.begin(k, "wait")
	<-w.reached
	p.forget(k) // the peer's timeout
	_, err := p.submit("t", "f")
	expectError(t, err, "busy with an earlier attempt")
	expect(t, p, "another", "1") // a resubmission has another txid
	close(w.open)
	g.until("the first attempt to end", func(Status) bool { return len(p.strays()) == 1 })
	expect(t, p, "t", "1")
}

func TestBuiltins(t *testing.T) {
	g := newRig(t, Config{Builtin: func(name string) (BuiltinFunc, bool) {
		return readTwice, name == "~read"
	}})
	p := g.peer()
	p.state["a"], p.state["b"] = []byte("1"), []byte("2")
	expect(t, p, "t1", "1,2", "~read", "a", "b") // without any generation
	g.host.add("a", chaincode(number))
	g.swap(1, "a", Server)
	expect(t, p, "t2", "1", "other")
	expect(t, p, "t3", "2,1", "~read", "b", "a")
	if n := g.r.Status().Peers[0].InFlight; n != 0 {
		t.Errorf("%d transactions are left", n)
	}
}

func TestABuiltinWhosePeerGoes(t *testing.T) {
	asked := make(chan struct{})
	ended := make(chan error, 1)
	g := newRig(t, Config{Builtin: func(string) (BuiltinFunc, bool) {
		return func(_ context.Context, ask askFunc, _ [][]byte) *peer.Response {
			close(asked)
			_, err := ask(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_INVOKE_CHAINCODE})
			ended <- err
			return nil
		}, true
	}})
	p := g.peer()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	p.invoke = func(*peer.ChaincodeMessage) *peer.ChaincodeMessage { <-hang; return &peer.ChaincodeMessage{} }
	p.begin(key{channel, "t"}, "f")
	await(t, asked, "the builtin")
	p.close()
	if err := <-ended; err == nil {
		t.Error("it got an answer of a peer that is gone")
	}
}

func readTwice(_ context.Context, ask askFunc, args [][]byte) *peer.Response {
	var values []string
	for _, a := range args[1:] {
		msg, err := ask(&peer.ChaincodeMessage{
			Type: peer.ChaincodeMessage_GET_STATE, Payload: must(proto.Marshal(&peer.GetState{Key: string(a)})),
		})
		if err != nil {
			return &peer.Response{Status: 500, Message: err.Error()}
		}
		values = append(values, string(msg.GetPayload()))
	}
	return &peer.Response{Status: 200, Payload: fmt.Append(nil, strings.Join(values, ","))}
}
