package relay

import (
	"context"
	"testing"
	"time"
)

// A transaction ends when its time is over, and nobody's else with it; one that is being debugged
// has no such time.
func TestATransactionIsBounded(t *testing.T) {
	const limit = 20 * time.Millisecond
	g := newRig(t, Config{ExecuteLimit: limit})
	w := newGates()
	g.host.add("a", chaincode(w.chaincode))
	p := g.peer()
	g.swap(1, "a", Server)
	k := key{channel, "t"}
	_, err := p.end(k, p.begin(k, "wait"))
	expectError(t, err, "generation 1", "the chaincode did not answer within 20ms")
	expect(t, p, "t2", "1")

	if _, err := g.r.Swap(context.Background(), Program{Generation: 2, Path: "a", Mode: Server, Debug: true}); err != nil {
		t.Fatal(err)
	}
	held := p.begin(key{channel, "t3"}, "wait")
	for range 2 { // the first one's too, which no test waits for
		<-w.reached
	}
	select { // the time itself is what is tested
	case <-held:
		t.Error("a transaction ended that is being debugged")
	case <-time.After(5 * limit):
	}
	close(w.open)
	if got, err := p.end(key{channel, "t3"}, held); err != nil || got != "2" {
		t.Errorf("it gives %q (%v), want 2", got, err)
	}
}

// Of two generations that are debugged the first is gone before the second starts: they listen at
// the same port.
func TestOneIsDebuggedAtATime(t *testing.T) {
	g := newRig(t, Config{})
	w := newGates()
	g.host.add("a", chaincode(w.chaincode))
	p := g.peer()
	debug := func(n int) {
		t.Helper()
		if _, err := g.r.Swap(context.Background(), Program{Generation: n, Path: "a", Mode: Server, Debug: true}); err != nil {
			t.Fatal(err)
		}
	}
	debug(1)
	k := key{channel, "t"}
	held := p.begin(k, "wait")
	<-w.reached
	debug(2)
	_, err := p.end(k, held)
	expectError(t, err, "generation 1", "replaced by another one to debug")
	first := g.host.generation(1)[0]
	select {
	case <-first.Done():
	default:
		t.Error("the first one runs still")
	}
	expect(t, p, "t2", "2")
}

// One that dials has another process when its peer comes back, and that likewise waits for the port.
func TestOneProcessIsDebuggedAtATime(t *testing.T) {
	g := newRig(t, Config{})
	g.host.add("a", chaincode(number))
	g.host.ending = make(chan struct{})
	p := g.peer()
	if _, err := g.r.Swap(context.Background(), Program{Generation: 1, Path: "a", Mode: Client, Debug: true}); err != nil {
		t.Fatal(err)
	}
	expect(t, p, "t1", "1")
	p.close()
	p = g.peer()
	if n := len(g.host.generation(1)); n != 1 {
		t.Errorf("%d processes run", n)
	}
	close(g.host.ending)
	expect(t, p, "t2", "1")
}
