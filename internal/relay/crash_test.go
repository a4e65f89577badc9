package relay

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// fragile is a chaincode that can be made to end.
func fragile(w *gates) program {
	return chaincode(func(c *call) (string, error) {
		if len(c.args) > 0 && c.args[0] == "exit" {
			c.proc.exit(2, "panic: oh no", "main.go:7")
			<-c.gone()
			return "", errors.New("it is dead")
		}
		return w.chaincode(c)
	})
}

func TestACrash(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		w := newGates()
		g.host.add("a", fragile(w))
		p := g.peer()
		g.swap(1, "a", mode)
		expect(t, p, "t1", "1")
		k := key{channel, "other"}
		other := p.begin(k, "wait")
		<-w.reached
		_, err := p.submit("t2", "exit")
		expectError(t, err, "generation 1", "exit code 2", "panic: oh no", "main.go:7")
		_, err = p.end(k, other)
		expectError(t, err, "generation 1", "exit code 2", "panic: oh no")
		expect(t, p, "t3", "1") // it waits for the restart
		s := g.r.Status()
		if s.Restarts != 1 || s.Live != 1 || s.Generations[0].State != Crashed || s.Generations[0].Exit.Code != 2 || s.state(1) != Live {
			t.Errorf("its status is %+v", s)
		}
	})
}

func TestACrashWithNoPeerThere(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", chaincode(number))
		g.swap(1, "a", mode)
		g.host.generation(1)[0].exit(1)
		g.until("the restart", func(s Status) bool { return s.Restarts == 1 && s.state(1) == Live })
		expect(t, g.peer(), "t", "1")
	})
}

func TestBackToTheStandby(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		for _, draining := range []bool{false, true} {
			t.Run(fmt.Sprint("that is draining: ", draining), func(t *testing.T) {
				g := newRig(t, Config{StandbyLimit: time.Hour})
				w := newGates()
				g.host.add("a", fragile(w))
				p := g.peer()
				g.swap(1, "a", mode)
				k := key{channel, "old"}
				var old <-chan *peer.ChaincodeMessage
				if draining {
					old = p.begin(k, "wait")
					<-w.reached
				}
				g.swap(2, "a", mode)
				_, err := p.submit("t1", "exit")
				expectError(t, err, "generation 2", "exit code 2")
				expect(t, p, "t2", "1")
				second := g.peer() // that the first generation has never seen
				expect(t, second, "t3", "1")
				if draining {
					close(w.open)
					if got, err := p.end(k, old); err != nil || got != "1" {
						t.Errorf("the transaction from before gives %q, %v", got, err)
					}
				}
				if s := g.r.Status(); s.Live != 1 || s.Restarts != 0 || s.state(1) != Live || s.state(2) != Crashed {
					t.Errorf("its status is %+v", s)
				}
				g.swap(3, "a", mode)
				expect(t, p, "t4", "3")
			})
		}
	})
}

func TestNoStandbyAfterItHasProvedItself(t *testing.T) {
	g := newRig(t, Config{StandbyLimit: time.Hour})
	g.host.add("a", fragile(newGates()))
	p := g.peer()
	g.swap(1, "a", Server)
	g.swap(2, "a", Server)
	expect(t, p, "t1", "2")
	_, err := p.submit("t2", "exit")
	expectError(t, err, "generation 2")
	expect(t, p, "t3", "2")
}

func TestTheOldOneIsKilledWhileItDrains(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		w := newGates()
		g.host.add("a", fragile(w))
		p := g.peer()
		g.swap(1, "a", mode)
		k := key{channel, "old"}
		old := p.begin(k, "wait")
		<-w.reached
		g.swap(2, "a", mode)
		g.host.generation(1)[0].Kill()
		_, err := p.end(k, old)
		expectError(t, err, "generation 1", "signal: killed")
		expect(t, p, "t", "2")
		if s := g.r.Status(); s.Restarts != 0 || s.state(1) != Crashed {
			t.Errorf("its status is %+v", s)
		}
	})
}

func TestACrashLoop(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", fragile(newGates()))
		p := g.peer()
		g.swap(1, "a", mode)
		for i := range crashLoop {
			_, err := p.submit(fmt.Sprint("t", i), "exit")
			expectError(t, err, "exit code 2")
		}
		_, err := p.submit("t", "f")
		expectError(t, err, "3 times in a row", "not started again", "exit code 2", "panic: oh no")
		if s := g.r.Status(); s.Live != 0 || s.Restarts != crashLoop-1 || s.Reason == "" {
			t.Errorf("its status is %+v", s)
		}
		g.swap(2, "a", mode) // the next good save
		expect(t, p, "t'", "2")
	})
}

func TestCrashesWithSuccessInBetweenAreNoLoop(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("a", fragile(newGates()))
	p := g.peer()
	g.swap(1, "a", Server)
	for i := range 2 * crashLoop {
		_, err := p.submit(fmt.Sprint("bad", i), "exit")
		expectError(t, err, "exit code 2")
		expect(t, p, fmt.Sprint("good", i), "1")
	}
}

func TestARestartThatFails(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("a", fragile(newGates()))
	p := g.peer()
	g.swap(1, "a", Server)
	expect(t, p, "t1", "1")
	g.host.add("a", func(p *fakeProcess, _ talk) error { p.exit(9, "cannot start"); <-p.ctx.Done(); return nil })
	_, err := p.submit("t2", "exit")
	expectError(t, err, "exit code 2")
	_, err = p.submit("t3", "f") // held, and then not
	expectError(t, err, "generation 1", "exit code 9", "cannot start")
	g.until("the end of the restarts", func(s Status) bool { return s.Live == 0 })
	g.host.add("b", chaincode(number))
	g.swap(2, "b", Server)
	expect(t, p, "t4", "2")
}

func TestASwapWhileItStartsAgain(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{HoldLimit: patience})
		g.host.add("a", fragile(newGates()))
		g.host.add("b", chaincode(number))
		p := g.peer()
		g.swap(1, "a", mode)
		g.host.add("a", slowly(nil, nil))
		_, err := p.submit("t1", "exit")
		expectError(t, err, "exit code 2")
		k := key{channel, "t2"}
		held := p.begin(k, "f")
		g.until("it to be held", func(s Status) bool { return s.Generations[1].InFlight == 1 })
		g.swap(2, "b", mode)
		if got, err := p.end(k, held); err != nil || got != "2" {
			t.Errorf("what waited for the restart gives %q, %v", got, err)
		}
	})
}

// A stream that ends while its process lives on.
func TestAStreamThatEnds(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", func(p *fakeProcess, s talk) error {
			if len(g.host.generation(1)) > 1 {
				return chaincode(number)(p, s)
			}
			_ = s.Send(register(p.PackageID))
			for {
				msg, err := s.Recv()
				if err != nil || msg.GetType() == peer.ChaincodeMessage_TRANSACTION {
					return errors.New("enough")
				}
			}
		})
		g.swap(1, "a", mode)
		p := g.peer()
		_, err := p.submit("t1", "f")
		expectError(t, err, "generation 1", map[Mode]string{Server: "ended its stream (enough)", Client: "exit code 1"}[mode])
		g.until("the restart", func(s Status) bool { return s.Restarts == 1 && s.state(1) == Live })
	})
}
