package relay

import (
	"errors"
	"fmt"
	"testing"
)

func TestUnserved(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{HoldLimit: 1})
		g.host.add("a", chaincode(func(c *call) (string, error) {
			switch c.args[0] {
			case "exit":
				c.proc.exit(2, "panic: oh no")
				<-c.gone()
			case "lie":
				return "", errors.New("generation 1 of the chaincode: its process ended (exit code 2); it last wrote:\npanic: oh no")
			}
			return "fine", nil
		}))
		p := g.peer()
		_, err := p.submit("early", "f")
		expectError(t, err, "no generation")
		g.swap(1, "a", mode)
		expect(t, p, "good", "fine", "f")
		_, err = p.submit("lied", "lie")
		expectError(t, err, "its process ended")
		_, err = p.submit("crashed", "exit")
		expectError(t, err, "its process ended")
		g.until("the restart", func(s Status) bool { return s.state(1) == Live })
		g.host.add("a", slowly(nil, nil))
		_, err = p.submit("crashed again", "exit")
		expectError(t, err, "its process ended")
		_, err = p.submit("held", "f")
		expectError(t, err, "not registered")
		for txid, want := range map[string]Unserved{
			"early": UnservedYet, "good": Served, "lied": Served, "crashed": UnservedCrash, "crashed again": UnservedCrash,
			"held": UnservedYet, "unknown": Served,
		} {
			if got := g.r.Unserved(txid); got != want {
				t.Errorf("of the transaction that is %s it says %q", txid, got)
			}
		}
	})
}

func TestUnservedForgets(t *testing.T) {
	var f failures
	for i := range 3 * maxFailures {
		f.note(fmt.Sprint(i), UnservedYet)
	}
	if len(f.notes) != maxFailures || f.notes[0].txid != fmt.Sprint(2*maxFailures) {
		t.Errorf("it remembers %d from %s", len(f.notes), f.notes[0].txid)
	}
}

func TestGivingUpOnATransaction(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		w := newGates()
		g.host.add("a", chaincode(w.chaincode))
		p := g.peer()
		g.swap(1, "a", mode)
		k := key{channel, "hangs"}
		hangs := p.begin(k, "wait")
		<-w.reached
		if g.r.GiveUp("another") || !g.r.GiveUp("hangs") {
			t.Error("it does not know which transactions the chaincode has")
		}
		_, err := p.end(k, hangs)
		expectError(t, err, "given up")
		if s := g.r.Status(); g.r.GiveUp("hangs") || s.Generations[0].InFlight != 0 {
			t.Errorf("it is in flight still: %+v", s)
		}
		close(w.open) // what the chaincode answers now disturbs nobody
		expect(t, p, "t", "1")
	})
}
