package relay

import (
	"fmt"
	"testing"
	"time"
)

// A transaction that one peer has executed is executed by the same code for the next one, though
// a swap, and the first success of the new code, came between the two.
func TestAllPeersGetTheSameResult(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{EndorseLimit: time.Hour})
		g.host.add("a", chaincode(number))
		one, two := g.peer(), g.peer()
		g.swap(1, "a", mode)
		expect(t, one, "t", "1")
		g.swap(2, "a", mode)
		expect(t, one, "new", "2")
		expect(t, two, "t", "1")
		g.swap(3, "a", mode)
		expect(t, one, "newer", "3")
		expect(t, two, "new", "2")
	})
}

// It does not stay for longer than it has to, and a swap that has no room waits for it.
func TestAnOldGenerationStaysForOtherPeers(t *testing.T) {
	g := newRig(t, Config{EndorseLimit: 20 * time.Millisecond})
	g.host.add("a", chaincode(number))
	one, _ := g.peer(), g.peer()
	for n := 1; n <= 6; n++ {
		g.swap(n, "a", Server)
		expect(t, one, fmt.Sprint("t", n), fmt.Sprint(n))
	}
	for n := 1; n < 6; n++ {
		g.untilState(n, Stopped)
	}
}
