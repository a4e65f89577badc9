package relay

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"
)

const absent = "start it with what ccdev env prints"

// attend has the relay wait for an external chaincode at an address of its own, and gives that.
func (g *rig) attend(mode Mode) string {
	g.t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	address := l.Addr().String()
	_ = l.Close()
	if err := g.r.Attend(External{Mode: mode, Address: address, Absent: absent}); err != nil {
		g.t.Fatal(err)
	}
	return address
}

// comes starts the external chaincode, and waits until the relay has it.
func (g *rig) comes(mode Mode, number int, program, address string) *fakeProcess {
	g.t.Helper()
	p := must(g.host.Start(context.Background(), Launch{Generation: number, Program: program, Mode: mode, Dial: address, PackageID: packageID}))
	process := p.(*fakeProcess)
	g.t.Cleanup(func() { process.Kill(); <-process.done })
	g.until("the external chaincode", func(s Status) bool { return s.External.Connected && s.state(number) == Live })
	return process
}

func (g *rig) untilGone() {
	g.t.Helper()
	g.until("its end", func(s Status) bool { return !s.External.Connected && s.Reason == absent })
}

func TestAnExternalChaincodeComesAndGoes(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", fragile(newGates()))
		p := g.peer()
		address := g.attend(mode)
		_, err := p.submit("t", "f")
		expectError(t, err, absent)
		for n := 1; n <= 2*crashLoop; n++ { // as often as it likes
			process := g.comes(mode, n, "a", address)
			expect(t, p, fmt.Sprint("good", n), fmt.Sprint(n))
			if n%2 == 0 {
				_, err := p.submit(fmt.Sprint("bad", n), "exit")
				expectError(t, err, fmt.Sprint("generation ", n), "its stream ended")
			} else {
				process.Kill()
			}
			g.untilGone()
			_, err := p.submit(fmt.Sprint("late", n), "f")
			expectError(t, err, absent)
		}
		if s := g.r.Status(); s.Restarts != 0 || s.Live != 0 {
			t.Errorf("its status is %+v", s)
		}
	})
}

// One that is killed may still be seen to listen.
func TestAnExternalChaincodeOnItsWayOut(t *testing.T) {
	g := newRig(t, Config{RegisterLimit: time.Hour, HoldLimit: time.Hour})
	p := g.peer()
	address := g.attend(Server)
	l := must(net.Listen("tcp", address))
	look := must(l.Accept())
	_, _ = l.Close(), look.Close() // nobody reads what they say
	g.until("its end", func(s Status) bool { return s.state(1) == Crashed && s.Reason == absent })
	_, err := p.submit("t", "f")
	expectError(t, err, absent)
}

func TestAnExternalChaincodeBeforeItsPeer(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", chaincode(number))
		address := g.attend(mode)
		g.comes(mode, 1, "a", address).Kill()
		g.untilGone()
		g.comes(mode, 2, "a", address)
		expect(t, g.peer(), "t", "2")
	})
}

// A chaincode that listens outlives the peer's stream; one that has called knows no other.
func TestAPeerLeavesAnExternalChaincode(t *testing.T) {
	t.Run("that listens", func(t *testing.T) {
		g := newRig(t, Config{})
		g.host.add("a", chaincode(number))
		p := g.peer()
		one := g.comes(Server, 1, "a", g.attend(Server))
		p.close()
		g.until("the peer's end", func(s Status) bool { return len(s.Peers) == 0 })
		expect(t, g.peer(), "t", "1")
		one.Kill()
		g.untilGone()
	})
	t.Run("that has called", func(t *testing.T) {
		g := newRig(t, Config{})
		g.host.add("a", chaincode(number))
		p := g.peer()
		address := g.attend(Client)
		one := g.comes(Client, 1, "a", address)
		expect(t, p, "t1", "1")
		p.close()
		await(t, one.done, "its end")
		g.untilGone()
		second := g.peer()
		g.comes(Client, 2, "a", address)
		expect(t, second, "t2", "2")
	})
}

func TestOnePeerForAnExternalChaincodeThatCalls(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("a", chaincode(number))
	first, second := g.peer(), g.peer()
	g.comes(Client, 1, "a", g.attend(Client))
	refused := 0
	for i, p := range []*fakePeer{first, second} {
		if _, err := p.submit(fmt.Sprint("t", i), "f"); err != nil {
			expectError(t, err, "another peer's")
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d peers are refused, want 1", refused)
	}
}

func TestTheLatestExternalChaincodeThatCalls(t *testing.T) {
	g := newRig(t, Config{})
	w := newGates()
	g.host.add("a", chaincode(w.chaincode))
	p := g.peer()
	address := g.attend(Client)
	one := g.comes(Client, 1, "a", address)
	k := key{channel, "old"}
	old := p.begin(k, "wait")
	<-w.reached
	g.comes(Client, 2, "a", address)
	expect(t, p, "new", "2")
	close(w.open)
	if got, err := p.end(k, old); err != nil || got != "1" {
		t.Errorf("the old transaction gives %q, %v", got, err)
	}
	await(t, one.done, "the end of the first")
}

func TestAnExternalChaincodeOfAnotherID(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", chaincode(number))
		p := g.peer()
		address := g.attend(mode)
		other := must(g.host.Start(context.Background(), Launch{Program: "a", Mode: mode, Dial: address, PackageID: "another:1"})).(*fakeProcess)
		t.Cleanup(func() { other.Kill(); <-other.done })
		g.until("the refusal", func(s Status) bool { return s.Reason != absent })
		_, err := p.submit("t", "f")
		expectError(t, err, `it registered as "another:1"`, packageID)
	})
}

func TestBetweenExternalAndNot(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", chaincode(number))
		p := g.peer()
		g.swap(7, "a", Server)
		address := g.attend(mode)
		g.untilState(7, Stopped)
		await(t, g.host.generation(7)[0].done, "the end of what the relay has started")
		g.comes(mode, 1, "a", address)
		expect(t, p, "t1", "1")
		g.swap(8, "a", Server)
		expect(t, p, "t2", "8")
		if s := g.r.Status(); s.External != nil {
			t.Errorf("it is external still: %+v", s.External)
		}
		g.attend(mode) // at another address
		_, err := p.submit("t3", "f")
		expectError(t, err, absent)
	})
}

func TestAPortThatIsTaken(t *testing.T) {
	g := newRig(t, Config{})
	if err := g.r.Attend(External{Mode: Client, Address: g.addr, Absent: absent}); err == nil {
		t.Error("it listens where the peers are served")
	}
	if s := g.r.Status(); s.External != nil {
		t.Errorf("it attends: %+v", s.External)
	}
}
