package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

func TestATransactionEndsWhereItBegan(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		w := newGates()
		g.host.add("a", chaincode(w.chaincode))
		p := g.peer()
		g.swap(1, "a", mode)
		k := key{channel, "old"}
		result := p.begin(k, "wait")
		<-w.reached
		if s := g.swap(2, "a", mode); s.Generation != 2 || s.Previous != 1 || s.Peers != 1 {
			t.Errorf("the swap gives %+v", s)
		}
		g.untilState(1, Draining)
		expect(t, p, "new", "2")
		if got := g.r.Status().state(1); got != Draining {
			t.Errorf("the old one is %s", got)
		}
		close(w.open)
		if got, err := p.end(k, result); err != nil || got != "1" {
			t.Errorf("the old transaction gives %q, %v", got, err)
		}
		g.untilState(1, Stopped) // the new one has completed one
	})
}

func TestStandby(t *testing.T) {
	t.Run("until the new one has completed a transaction", func(t *testing.T) {
		g := newRig(t, Config{StandbyLimit: time.Hour})
		g.host.add("a", chaincode(number))
		p := g.peer()
		g.swap(1, "a", Server)
		g.swap(2, "a", Server)
		if got := g.r.Status().state(1); got != Standby {
			t.Fatalf("the old one is %s", got)
		}
		expect(t, p, "t", "2")
		g.untilState(1, Stopped)
		await(t, g.host.generation(1)[0].done, "the old process's end")
	})
	t.Run("until its time is over", func(t *testing.T) {
		g := newRig(t, Config{StandbyLimit: time.Millisecond})
		g.host.add("a", chaincode(number))
		g.swap(1, "a", Server)
		g.swap(2, "a", Server)
		g.untilState(1, Stopped)
	})
	t.Run("until the next swap", func(t *testing.T) {
		g := newRig(t, Config{StandbyLimit: time.Hour})
		g.host.add("a", chaincode(number))
		g.swap(1, "a", Server)
		g.swap(2, "a", Server)
		g.swap(3, "a", Server)
		if s := g.r.Status(); s.state(1) != Stopped || s.state(2) != Standby || s.state(3) != Live {
			t.Errorf("its status is %+v", s)
		}
	})
}

func TestDrainingIsBounded(t *testing.T) {
	g := newRig(t, Config{ExecuteLimit: 20 * time.Millisecond})
	w := newGates()
	g.host.add("a", chaincode(w.chaincode))
	p := g.peer()
	// Only one that is debugged may have a transaction for longer than that.
	if _, err := g.r.Swap(context.Background(), Program{Generation: 1, Path: "a", Mode: Server, Debug: true}); err != nil {
		t.Fatal(err)
	}
	k := key{channel, "t"}
	result := p.begin(k, "wait")
	<-w.reached
	g.swap(2, "a", Server)
	_, err := p.end(k, result)
	expectError(t, err, "generation 1", "did not end this transaction within 20ms")
	g.untilState(1, Stopped)
	expect(t, p, "t2", "2")
}

// slowly registers when its gate is opened.
func slowly(gate <-chan struct{}, then program) program {
	return func(p *fakeProcess, s talk) error {
		select {
		case <-gate:
			return then(p, s)
		case <-p.ctx.Done():
			return nil
		}
	}
}

func TestTheLatestWins(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("good", chaincode(number))
		g.host.add("never", slowly(nil, nil))
		p := g.peer()
		g.swap(1, "good", mode)
		faults := make(chan error, 50)
		for n := 2; n < 50; n++ {
			g.host.wg.Go(func() {
				_, err := g.r.Swap(context.Background(), Program{Generation: n, Path: "never", Mode: mode})
				faults <- err
			})
		}
		g.until("one to start", func(s Status) bool { return len(s.Generations) > 1 })
		for range 47 { // all but the one that came last
			expectError(t, <-faults, "a newer one took its place")
		}
		expect(t, p, "t1", "1")
		g.swap(50, "good", mode)
		expectError(t, <-faults, "a newer one took its place")
		expect(t, p, "t2", "50")
		for _, s := range g.r.Status().Generations {
			if s.State == Starting {
				t.Errorf("generation %d is still %s", s.Number, s.State)
			}
		}
	})
}

func TestASwapThatIsNotWantedAnyMore(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("never", slowly(nil, nil))
	ctx, cancel := context.WithCancel(t.Context())
	g.host.wg.Go(func() {
		g.until("the start", func(s Status) bool { return len(s.Generations) == 1 && len(s.Generations[0].PIDs) == 1 })
		cancel()
	})
	if fault := g.trySwap(ctx, 1, "never", Server); fault.Why != Cancelled {
		t.Errorf("it is %+v", fault)
	}
	await(t, g.host.generation(1)[0].done, "its end")
}

func TestASwapWhenTheRelayEnds(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("never", slowly(nil, nil))
	g.host.wg.Go(func() {
		g.until("the start", func(s Status) bool { return s.state(1) == Starting })
		g.r.Close()
	})
	if fault := g.trySwap(t.Context(), 1, "never", Server); fault.Why != Closed {
		t.Errorf("it is %+v", fault)
	}
	if fault := g.trySwap(t.Context(), 2, "never", Server); fault.Why != Closed {
		t.Errorf("it is %+v", fault)
	}
}

func TestAtMostThreeAlive(t *testing.T) {
	g := newRig(t, Config{})
	w := newGates()
	g.host.add("a", chaincode(w.chaincode))
	p := g.peer()
	var keys []key
	var results []<-chan *peer.ChaincodeMessage
	for n := 1; n <= 3; n++ {
		g.swap(n, "a", Server)
		k := key{channel, fmt.Sprint("t", n)}
		keys, results = append(keys, k), append(results, p.begin(k, "wait"))
		<-w.reached
	}
	swapped := make(chan error, 1)
	g.host.wg.Go(func() {
		_, err := g.r.Swap(context.Background(), Program{Generation: 4, Path: "a", Mode: Server})
		swapped <- err
	})
	expect(t, p, "t", "3")
	if n := len(g.host.generation(4)); n != 0 || g.r.Status().state(1) != Draining {
		t.Errorf("%d processes of a fourth generation run", n)
	}
	close(w.open)
	for i, result := range results {
		if got, err := p.end(keys[i], result); err != nil || got != fmt.Sprint(i+1) {
			t.Errorf("transaction %d: %q, %v", i+1, got, err)
		}
	}
	if err := <-swapped; err != nil {
		t.Error(err)
	}
}

// A transaction that calls the chaincode again, by way of another and on another channel, finds
// the generation it began with.
func TestNestedCallsStayWithTheirGeneration(t *testing.T) {
	g := newRig(t, Config{StandbyLimit: time.Hour})
	nested := make(chan struct{})
	g.host.add("a", chaincode(func(c *call) (string, error) {
		if c.args[0] != "outer" {
			return number(c)
		}
		nested <- struct{}{}
		nested <- struct{}{}
		msg, err := c.ask(peer.ChaincodeMessage_INVOKE_CHAINCODE, nil)
		return fmt.Sprintf("%d calls %s", c.proc.Generation, msg.GetPayload()), err
	}))
	p := g.peer()
	p.invoke = func(msg *peer.ChaincodeMessage) *peer.ChaincodeMessage {
		k := key{"otherchannel", msg.GetTxid()}
		got, err := p.end(k, p.begin(k, "inner"))
		if err != nil {
			return &errorMessage(keyOf(msg), "%v", err).ChaincodeMessage
		}
		return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, ChannelId: msg.GetChannelId(), Txid: msg.GetTxid(), Payload: []byte(got)}
	}
	g.swap(1, "a", Server)
	k := key{channel, "t"}
	result := p.begin(k, "outer")
	<-nested
	g.swap(2, "a", Server)
	expect(t, p, "other", "2", "f")
	<-nested
	if got, err := p.end(k, result); err != nil || got != "1 calls 1" {
		t.Errorf("it gives %q, %v", got, err)
	}
	// A second call within a transaction whose first has ended, as another chaincode makes it.
	g.swap(3, "a", Server)
	expect(t, p, "by another", "3", "first")
	g.swap(4, "a", Server)
	expect(t, p, "by another", "3", "second")
	expect(t, p, "new", "4", "f")
	g.untilState(3, Stopped)
	expect(t, p, "by another", "4", "third")
}

func TestTheMemoryIsBounded(t *testing.T) {
	var a assigned
	one, two := &generation{}, &generation{}
	for i := range 3 * maxAssigned {
		a.note(fmt.Sprint(i), one)
		a.note(fmt.Sprint(i), two)
	}
	if len(a.gens) != maxAssigned || a.of("0") != nil || a.of(fmt.Sprint(3*maxAssigned-1)) != two {
		t.Errorf("it remembers %d", len(a.gens))
	}
}

func TestATransactionWaitsForTheFirstGeneration(t *testing.T) {
	for name, limit := range map[string]time.Duration{"": patience, "but not for long": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			inModes(t, func(t *testing.T, mode Mode) {
				g := newRig(t, Config{HoldLimit: limit})
				gate := make(chan struct{})
				g.host.add("slow", slowly(gate, chaincode(number)))
				p := g.peer()
				swapped := make(chan struct{})
				g.host.wg.Go(func() {
					_, _ = g.r.Swap(context.Background(), Program{Generation: 1, Path: "slow", Mode: mode})
					close(swapped)
				})
				g.until("the start", func(s Status) bool { return s.state(1) == Starting })
				k := key{channel, "t"}
				result := p.begin(k)
				if limit == patience {
					g.until("it to be held", func(s Status) bool { return s.Generations[0].InFlight == 1 })
					close(gate)
					if got, err := p.end(k, result); err != nil || got != "1" {
						t.Errorf("it gives %q, %v", got, err)
					}
				} else {
					_, err := p.end(k, result)
					expectError(t, err, "is starting")
					_, err = p.submit("t2")
					expectError(t, err, "is starting")
					close(gate)
				}
				await(t, swapped, "the swap")
				expect(t, p, "t3", "1")
			})
		})
	}
}

// Saves that follow each other faster than a generation starts.
func TestAStormOfSwaps(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("good", chaincode(number))
		p := g.peer()
		var swaps sync.WaitGroup
		for n := 1; n <= 50; n++ {
			swaps.Go(func() {
				_, err := g.r.Swap(context.Background(), Program{Generation: n, Path: "good", Mode: mode})
				if fault := new(NotReady); err != nil && (!errors.As(err, &fault) || fault.Why != Superseded) {
					t.Error(err)
				}
			})
		}
		swaps.Wait()
		s := g.r.Status()
		alive := 0
		for _, g := range s.Generations {
			if g.State != Stopped {
				alive++
			}
		}
		if s.Live == 0 || alive > 2 { // it, and the one before as a standby
			t.Errorf("its status is %+v", s)
		}
		expect(t, p, "t", fmt.Sprint(s.Live))
	})
}

func TestFunction(t *testing.T) {
	arg := func(args ...string) []byte {
		in := &peer.ChaincodeInput{IsInit: true, Decorations: map[string][]byte{"a": []byte("b")}}
		for _, a := range args {
			in.Args = append(in.Args, []byte(a))
		}
		return must(proto.Marshal(in))
	}
	for name, tc := range map[string]struct {
		payload []byte
		want    string
	}{
		"some":      {arg("f", "x", strings.Repeat("y", 1000)), "f"},
		"none":      {arg(), ""},
		"no fields": {nil, ""},
		"damaged":   {[]byte{0x0a, 0xff}, ""},
		"another":   {[]byte{0xff}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := function(tc.payload); got != tc.want {
				t.Errorf("it is %q, want %q", got, tc.want)
			}
		})
	}
}
