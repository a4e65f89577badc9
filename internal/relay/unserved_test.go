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
		for txid, want := range map[string]bool{
			"early": true, "good": false, "lied": false, "crashed": true, "crashed again": true, "held": true, "unknown": false,
		} {
			if got := g.r.Unserved(txid); got != want {
				t.Errorf("of the transaction that is %s it says %v", txid, got)
			}
		}
	})
}

func TestUnservedForgets(t *testing.T) {
	var u unserved
	for i := range 3 * maxUnserved {
		u.note(fmt.Sprint(i))
	}
	if len(u.txids) != maxUnserved || u.txids[0] != fmt.Sprint(2*maxUnserved) {
		t.Errorf("it remembers %d from %s", len(u.txids), u.txids[0])
	}
}
