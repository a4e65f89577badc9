package tui

import (
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
)

// A call whose drawer is closed meanwhile is told when it ends, and shown when the drawer is opened again.
func TestACallOutlivesItsDrawer(t *testing.T) {
	for name, c := range map[string]struct {
		fail  error
		flash string
		shown string
	}{
		"committed": {nil, "✓ VALID in block 9  put a b", "✓ VALID in block 9"},
		"failed":    {noPeer, "✗ failed  put a b", "✗ peer0.org1 cannot listen"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 120, 40)
			live(d)
			d.press("i")
			d.until("the drawer knows all", func() bool { return d.taken["tui.contractMsg"] && d.taken["tui.callsMsg"] })
			d.fake.hold, d.fake.result = make(chan struct{}), gateway.Result{Block: 9, Status: valid, Payload: []byte("b")}
			d.write("put a b")
			d.press("enter", "esc")
			d.shows("a call runs, i shows it")
			d.press("i")
			d.shows("… calling")
			d.press("ctrl+c", "b") // what lies over the panes now takes no result of others
			d.fake.mu.Lock()
			d.fake.fail = c.fail
			d.fake.mu.Unlock()
			close(d.fake.hold)
			d.shows(c.flash)
			d.press("esc")
			d.lacks("a call runs")
			d.press("i")
			d.shows(c.shown)
			d.press("esc", "i")
			d.lacks(c.shown)
		})
	}
}
