package relay

import (
	"context"
	"errors"
	"testing"
	"time"
)

// elsewhere starts a server that is no business of the relay; at the address of another one that
// has ended, where one is given.
func (g *rig) elsewhere(number int, program, address string) *fakeProcess {
	g.t.Helper()
	p, err := g.host.Start(context.Background(), Launch{Generation: number, Program: program, Mode: Server, Dial: address, PackageID: packageID})
	if err != nil {
		g.t.Fatal(err)
	}
	process := p.(*fakeProcess)
	g.t.Cleanup(func() { process.Kill(); <-process.done })
	return process
}

func (g *rig) swapTo(number int, p *fakeProcess) {
	g.t.Helper()
	_, err := g.r.Swap(context.Background(), Program{Generation: number, Address: p.addr, Mode: Server, Service: "its-service"})
	if err != nil {
		g.t.Fatal(err)
	}
}

func TestAGenerationElsewhere(t *testing.T) {
	g := newRig(t, Config{})
	w := newGates()
	g.host.add("a", fragile(w))
	p := g.peer()
	first, second := g.elsewhere(1, "a", ""), g.elsewhere(2, "a", "")
	g.swapTo(1, first)
	expect(t, p, "t1", "1")
	k := key{channel, "old"}
	old := p.begin(k, "wait")
	<-w.reached
	g.swapTo(2, second)
	expect(t, p, "t2", "2")
	if s := g.r.Status(); s.state(1) != Draining || s.Live != 2 || len(s.Generations[1].PIDs) != 0 {
		t.Errorf("its status is %+v", s)
	}
	close(w.open)
	if got, err := p.end(k, old); err != nil || got != "1" {
		t.Errorf("the old transaction gives %q, %v", got, err)
	}
	g.untilState(1, Stopped)
	select {
	case <-first.done:
		t.Error("the relay has ended what it has not started")
	default:
	}
}

func TestAGenerationElsewhereThatEnds(t *testing.T) {
	g := newRig(t, Config{HoldLimit: patience})
	g.host.add("a", fragile(newGates()))
	p := g.peer()
	one := g.elsewhere(1, "a", "")
	g.swapTo(1, one)
	_, err := p.submit("t1", "exit")
	expectError(t, err, "generation 1", "its stream ended", "ccdev logs its-service")
	if s := g.r.Status(); s.Generations[0].Exit != nil {
		t.Errorf("the relay knows how it ended: %+v", s.Generations[0])
	}
	g.elsewhere(1, "a", one.addr) // whoever runs it starts it again
	expect(t, p, "t2", "1")
}

func TestAGenerationElsewhereThatDoesNotListen(t *testing.T) {
	g := newRig(t, Config{RegisterLimit: 100 * time.Millisecond})
	g.host.add("a", chaincode(number))
	p := g.peer()
	g.swap(1, "a", Server)
	gone := g.elsewhere(2, "a", "")
	gone.Kill()
	<-gone.done
	_, err := g.r.Swap(context.Background(), Program{Generation: 2, Address: gone.addr, Mode: Server, Service: "its-service"})
	var fault *NotReady
	if !errors.As(err, &fault) || fault.Why != TooLate || fault.Exit != nil {
		t.Fatalf("the swap gives %+v", err)
	}
	expectError(t, err, "did not register within 100ms", "ccdev logs its-service")
	expect(t, p, "t", "1")
}
