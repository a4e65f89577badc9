package relay

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func TestWhatCannotServe(t *testing.T) {
	never := func(p *fakeProcess, s talk) error { <-p.ctx.Done(); return nil }
	cases := []struct {
		name  string
		run   program
		why   Why
		words []string
	}{
		{"a program that is not there", nil, NotStarted, []string{"no such file"}},
		{"it ends before it registers", func(p *fakeProcess, _ talk) error {
			p.exit(3, "panic: at the start")
			<-p.ctx.Done()
			return nil
		}, Ended, []string{"exit code 3", "panic: at the start", "before it was ready"}},
		{"it never registers", never, TooLate, []string{"within 1s", "killed here"}},
		{"it ends its stream", func(*fakeProcess, talk) error { return fmt.Errorf("not today") }, Ended, []string{"before it was ready"}},
		{"it registers as another", func(p *fakeProcess, s talk) error {
			_ = s.Send(register("basic_1.0:4567"))
			<-p.ctx.Done()
			return nil
		}, WrongID, []string{"basic_1.0:4567", packageID}},
		{"it does not register first", func(p *fakeProcess, s talk) error {
			_ = s.Send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_GET_STATE})
			<-p.ctx.Done()
			return nil
		}, NoRegister, []string{"GET_STATE"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			inModes(t, func(t *testing.T, mode Mode) {
				limit := patience
				if tc.why == TooLate {
					limit = time.Second // far more than the good one takes
				}
				for _, withPeer := range []bool{false, true} {
					t.Run(fmt.Sprint("with a peer: ", withPeer), func(t *testing.T) {
						t.Parallel()
						g := newRig(t, Config{RegisterLimit: limit})
						g.host.add("good", chaincode(number))
						g.swap(1, "good", mode)
						p := g.peer()
						if !withPeer {
							p.close()
							g.until("no peers", func(s Status) bool { return len(s.Peers) == 0 })
						}
						if tc.run != nil {
							g.host.add("bad", tc.run)
						}
						fault := g.trySwap(t.Context(), 2, "bad", mode)
						if fault.Why != tc.why || fault.Generation != 2 {
							t.Errorf("it is %+v", fault)
						}
						expectError(t, fault, tc.words...)
						if !withPeer {
							p = g.peer()
						}
						expect(t, p, "t", "1")
						if s := g.r.Status(); s.Live != 1 || s.Restarts != 0 {
							t.Errorf("its status is %+v", s)
						}
					})
				}
			})
		})
	}
}

// It registers with one of two peers, and ends before the other has heard of it.
func TestItEndsAfterItHasRegistered(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("good", chaincode(number))
	one, two := g.peer(), g.peer()
	g.swap(1, "good", Server)
	var streams atomic.Int32
	first := make(chan struct{})
	g.host.add("bad", func(p *fakeProcess, s talk) error {
		if streams.Add(1) == 1 {
			_ = s.Send(register(p.PackageID))
			_, _ = s.Recv() // REGISTERED
			close(first)
		} else {
			<-first
			p.exit(4, "panic: in a second registration")
		}
		<-p.ctx.Done()
		return nil
	})
	fault := g.trySwap(t.Context(), 2, "bad", Server)
	expectError(t, fault, "exit code 4", "panic: in a second registration")
	expect(t, one, "t", "1")
	expect(t, two, "t", "1")
}

// Nobody but the processes that the relay has started may take a peer's transactions.
func TestAStrangerThatCalls(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("a", chaincode(number))
	g.swap(1, "a", Client)
	conn := must(grpc.NewClient("passthrough:///"+g.host.generation(1)[0].Dial, grpc.WithTransportCredentials(insecure.NewCredentials())))
	defer conn.Close() //nolint:errcheck // nothing depends on it
	s, err := peer.NewChaincodeSupportClient(conn).Register(t.Context())
	if err == nil {
		_ = s.Send(register(packageID))
		_, err = s.Recv()
	}
	expectError(t, err, "PermissionDenied")
	expect(t, g.peer(), "t", "1")
}

func TestTheFirstOneFails(t *testing.T) {
	g := newRig(t, Config{})
	p := g.peer()
	g.host.add("bad", func(p *fakeProcess, _ talk) error { p.exit(3, "panic: early"); <-p.ctx.Done(); return nil })
	if fault := g.trySwap(t.Context(), 1, "bad", Server); fault.Why != Ended {
		t.Errorf("it is %+v", fault)
	}
	_, err := p.submit("t", "f")
	expectError(t, err, "generation 1", "exit code 3", "panic: early")
}
