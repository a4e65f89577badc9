package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// rig is a relay with a host.
type rig struct {
	t    testing.TB
	r    *Relay
	host *fakeHost
	addr string // for peers
}

// newRig starts a relay, whose every goroutine has to be gone at the end of the test.
func newRig(t testing.TB, cfg Config) *rig {
	t.Helper()
	host := &fakeHost{t: t, tls: cfg.TLS, programs: map[string]program{}}
	cfg.PackageID, cfg.Host = packageID, host
	g := &rig{t: t, r: New(cfg), host: host}
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	g.addr = l.Addr().String()
	host.wg.Go(func() { _ = g.r.ServePeers(l) })
	t.Cleanup(func() {
		g.r.Close()
		for _, p := range host.procs {
			select {
			case <-p.done:
			case <-time.After(patience):
				t.Errorf("a process of generation %d runs on", p.Generation)
			}
		}
		host.wg.Wait()
		noneLeft(t)
	})
	return g
}

// peer connects a peer, which the relay has heard the READY of when it returns.
func (g *rig) peer() *fakePeer {
	g.t.Helper()
	p := dialPeer(g.t, g.addr, g.r.cfg.TLS)
	g.until("READY", func(s Status) bool {
		return len(s.Peers) > 0 && !slices.ContainsFunc(s.Peers, func(p PeerStatus) bool { return !p.Ready })
	})
	return p
}

// noneLeft fails the test when a goroutine of the relay is left.
func noneLeft(t testing.TB) {
	t.Helper()
	limit := time.Now().Add(patience)
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		left := ""
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(stack, "internal/relay.(*Relay)") || strings.Contains(stack, "internal/relay/wire.") {
				left += stack + "\n\n"
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(limit) {
			t.Errorf("goroutines are left:\n%s", left)
			return
		}
		runtime.Gosched()
	}
}

func await(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		t.Fatalf("waited too long for %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
	}
}

// until waits for the relay to come to a state.
func (g *rig) until(what string, ok func(Status) bool) {
	g.t.Helper()
	limit := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok(g.r.Status()) {
		select {
		case <-tick.C:
		case <-limit:
			g.t.Fatalf("waited too long for %s: %+v", what, g.r.Status())
		}
	}
}

// state is that of the last start of a generation.
func (s Status) state(number int) State {
	state := State("unknown")
	for _, g := range s.Generations {
		if g.Number == number {
			state = g.State
		}
	}
	return state
}

func (g *rig) untilState(number int, want State) {
	g.t.Helper()
	g.until(fmt.Sprintf("generation %d to be %s", number, want), func(s Status) bool { return s.state(number) == want })
}

// swap starts generation n of a program, and fails the test if it cannot.
func (g *rig) swap(n int, name string, mode Mode) Swapped {
	g.t.Helper()
	s, err := g.r.Swap(context.Background(), Program{Generation: n, Path: name, Mode: mode})
	if err != nil {
		g.t.Fatal(err)
	}
	return s
}

// trySwap gives why it could not.
func (g *rig) trySwap(ctx context.Context, n int, name string, mode Mode) *NotReady {
	g.t.Helper()
	_, err := g.r.Swap(ctx, Program{Generation: n, Path: name, Mode: mode})
	var fault *NotReady
	if !errors.As(err, &fault) {
		g.t.Fatalf("generation %d: %v", n, err)
	}
	return fault
}

// expect checks a transaction's answer.
func expect(t testing.TB, p *fakePeer, txid, want string, args ...string) {
	t.Helper()
	if got, err := p.submit(txid, args...); err != nil || got != want {
		t.Errorf("transaction %s gives %q (%v), want %q", txid, got, err, want)
	}
}

// expectError checks that a transaction fails with all of some words.
func expectError(t testing.TB, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("the error is %v, want %q in it", err, w)
		}
	}
}

// number answers with the number of its generation, after a read and a write.
func number(c *call) (string, error) {
	if _, err := c.get("k"); err != nil {
		return "", err
	}
	if err := c.put("k", []byte("v")); err != nil {
		return "", err
	}
	return fmt.Sprint(c.proc.Generation), nil
}

// gates makes a chaincode whose transactions "wait" until a test lets them go on.
type gates struct {
	reached, open chan struct{}
}

func newGates() *gates { return &gates{reached: make(chan struct{}, 100), open: make(chan struct{})} }

func (w *gates) chaincode(c *call) (string, error) {
	if len(c.args) > 0 && c.args[0] == "wait" {
		w.reached <- struct{}{}
		select {
		case <-w.open:
		case <-c.gone():
		}
	}
	return number(c)
}

// recorder keeps what the relay records.
type recorder struct {
	mu    sync.Mutex
	begun map[string]int // txid → generation
	kinds map[string][]string
}

func newRecorder() *recorder { return &recorder{begun: map[string]int{}, kinds: map[string][]string{}} }

// of gives what was recorded of a transaction.
func (r *recorder) of(txid string) (generation int, kinds string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun[txid], strings.Join(r.kinds[txid], " ")
}

func (r *recorder) Begin(_ time.Time, _ string, generation int, msg *peer.ChaincodeMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun[msg.GetTxid()] = generation
}

func (r *recorder) Message(_ time.Time, _ string, toPeer bool, msg *peer.ChaincodeMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	arrow := "<"
	if toPeer {
		arrow = ">"
	}
	r.kinds[msg.GetTxid()] = append(r.kinds[msg.GetTxid()], arrow+msg.GetType().String())
}

type askFunc = func(*peer.ChaincodeMessage) (*peer.ChaincodeMessage, error)
