package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// helped is what each key of the help does, by how the help tells it.
var helped = map[string]struct {
	from  func(d *desk)
	press []string
	does  func(d *desk) bool
}{
	"1-3 Tab":    {live, []string{"1", "3", "tab", "shift+tab", "shift+tab"}, func(d *desk) bool { return d.m.focus == paneLogs }},
	"f":          {live, []string{"f"}, func(d *desk) bool { return !strings.Contains(d.text(), "3 transactions") }},
	"↑↓ PgUp gG": {live, []string{"g", "down"}, func(d *desk) bool { return strings.Contains(d.text(), "2-14 of 28 · paused, s follows") }},
	"m":          {live, []string{"m"}, func(d *desk) bool { return d.m.View().MouseMode == tea.MouseModeCellMotion }},
	"i":          {live, []string{"i"}, func(d *desk) bool { return d.fake.was("contract assets") && strings.Contains(d.text(), "call assets") }},
	"b":          {live, []string{"b"}, func(d *desk) bool { return d.fake.was("state assets") && strings.Contains(d.text(), "no keys") }},
	"r":          {live, []string{"r"}, func(d *desk) bool { return d.fake.was("reload assets") }},
	"R":          {live, []string{"R"}, func(d *desk) bool { return d.fake.was("deploy assets true") }},
	"W":          {live, []string{"W", "W"}, func(d *desk) bool { return d.fake.was("watch false") && d.fake.was("watch true") }},
	"d":          {live, []string{"d"}, func(d *desk) bool { return d.quit && d.m.choice == Leave }},
	"q":          {live, []string{"q"}, asksToLeave},
	"Ctrl-Z":     {live, nil, nil}, // Bubble Tea's own: see TestSuspend
	"Ctrl-C":     {live, []string{"ctrl+c"}, asksToLeave},
	"Enter edit": {buildFailed, nil, nil}, // runs a program: see TestEditor
	"[ ]":        {live, []string{"]", "]", "["}, func(d *desk) bool { return strings.Contains(d.text(), "[build]") }},
	"/ n N":      {live, []string{"/", "p", "u", "t", "enter", "n", "N"}, func(d *desk) bool { return strings.Contains(d.text(), "put: 1 of 12") }},
	"&":          {live, []string{"&", "b", "l", "o", "c", "k", "enter"}, func(d *desk) bool { return strings.Contains(d.text(), "1-1 of 1 · filter: block · following") }},
	"s":          {live, []string{"s"}, func(d *desk) bool { return strings.Contains(d.text(), "paused, s follows") }},
	"← →":        {live, []string{"right", "right", "right", "right", "left"}, func(d *desk) bool { return strings.Contains(d.text(), "with 1 transa") }},
	"w t p": {live, []string{"w", "t", "p"}, func(d *desk) bool {
		return strings.Contains(d.text(), "wrapped · JSON") && strings.Contains(d.text(), "09:00:11.000")
	}},
	"C":                 {live, []string{"C"}, func(d *desk) bool { return strings.Contains(d.text(), "cleared; C shows") }},
	"C C":               {live, []string{"C", "C"}, func(d *desk) bool { return strings.Contains(d.text(), "of 28") }},
	"v y":               {live, []string{"v", "up", "y"}, func(d *desk) bool { return strings.Contains(d.text(), "copied 2 lines") }},
	"S":                 {live, []string{"S"}, func(d *desk) bool { return strings.Contains(d.text(), "saved as") }},
	"o":                 {live, nil, nil}, // runs a program: see TestPager
	"Esc":               {live, []string{"/", "p", "enter", "&", "p", "enter", "esc"}, func(d *desk) bool { return d.m.search == "" && d.m.filter == "" }},
	"Enter transaction": {live, []string{"3", "up", "enter"}, func(d *desk) bool { return d.fake.was("trace 33cc") }},
	"y Y":               {traceable, []string{"3", "y"}, func(d *desk) bool { return strings.Contains(d.text(), "copied the call") }},
}

func asksToLeave(d *desk) bool {
	return strings.Contains(d.text(), "What is to become of the network?")
}

func traceable(d *desk) {
	live(d)
	d.fake.traces = []trace.Trace{{Channel: "mychannel", Chaincode: "assets", Function: "UpdateAsset", Args: []trace.Value{{Text: "asset1"}, {Text: `b'"b`}}, Transient: map[string]trace.Value{"b": {}, "a": {}}}}
}

func TestHelpIsTrue(t *testing.T) {
	for name, k := range helped {
		if k.does == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 80, 24)
			k.from(d)
			d.press(k.press...)
			d.until("what the help says", func() bool { return k.does(d) })
		})
	}
	for _, b := range append(append([]binding{}, helpColumns[0]...), helpColumns[1]...) {
		if _, tested := helped[b.key]; b.key != "" && b.key != "Enter" && !tested {
			t.Errorf("nothing tests %q, which %s", b.key, b.does)
		}
	}
}

// offered is what to press for a key as the footer tells it.
var offered = map[string]string{
	"Enter": "enter", "Esc": "esc", "Tab": "tab", "↑↓": "up", "←→": "right", "Ctrl-C": "ctrl+c", "Ctrl-T": "ctrl+t", "Ctrl-R": "ctrl+r", "Ctrl-E": "ctrl+e",
	"y/Y": "y", "n/N": "n", "[ ]": "]", "any key": "x", "Ctrl-N/P": "ctrl+n", "PgUp/Dn": "pgdown",
}

// The footer offers no key that does nothing: each changes the screen, or starts something.
func TestFooterIsTrue(t *testing.T) {
	for name, arrange := range scenes {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 80, 24)
			arrange(d)
			for _, b := range d.m.bindings() {
				key := b.key
				if press, other := offered[key]; other {
					key = press
				}
				d := newDesk(t, 80, 24)
				arrange(d)
				if key == "up" && strings.Contains("help error trace state history", name) {
					key = "down"
				}
				before, keys := d.m.View().Content, d.m.keysText(1000)
				_, cmd := d.m.Update(keyNamed(key))
				if d.m.View().Content == before && d.m.keysText(1000) == keys && cmd == nil {
					t.Errorf("%s (%s) does nothing", b.key, b.does)
				}
			}
		})
	}
}

// Ctrl-C copies what is selected, closes what is open, else asks; while it asks, it stops.
func TestInterrupt(t *testing.T) {
	d := newDesk(t, 80, 24)
	live(d)
	d.press("v", "ctrl+c")
	d.shows("copied 1 line")
	d.press("?", "ctrl+c")
	d.lacks("scroll")
	d.press("/", "ctrl+c")
	d.lacks("search:")
	d.press("ctrl+c")
	if !asksToLeave(d) {
		t.Fatal(d.text())
	}
	d.press("ctrl+c")
	d.until("it has stopped", func() bool { return d.quit && d.m.choice == Stop })
}

// A network that is not up can be neither called nor left running; after a failure r starts it again.
func TestRetry(t *testing.T) {
	d := newDesk(t, 80, 24)
	booting(d)
	for _, key := range []string{"i", "b", "r", "R", "d"} {
		d.press(key)
		d.shows("the network is not up yet")
	}
	d.m.Update(workEndedMsg{noPeer})
	d.press("i")
	d.shows("r starts it")
	d.press("ctrl+c")
	d.lacks("leave it running")
	d.press("l", "r")
	if mode := d.m.world.mode(); mode != modeBooting {
		t.Errorf("while it is tried again it is %s", mode)
	}
	d.until("it is tried again", func() bool { return d.fake.was("work") })
}

// After a failed start the screen ends with what failed.
func TestGiveUp(t *testing.T) {
	d := newDesk(t, 80, 24)
	notUp(d)
	d.press("ctrl+c", "s")
	d.until("it has ended", func() bool { return d.quit })
	if !errors.Is(d.m.gaveUp, noPeer) {
		t.Errorf("it gave up with %v", d.m.gaveUp)
	}
}

// A backend that does not answer holds nothing up: the screen goes on, and shows the answer when it comes.
func TestSlowBackend(t *testing.T) {
	d := newDesk(t, 80, 24)
	live(d)
	d.fake.hold = make(chan struct{})
	d.press("r", "R", "W", "S", "b")
	d.shows("asking the peer")
	d.press("esc", "3", "enter", "y", "esc", "i")
	d.shows("asking the contract")
	d.write("put a")
	d.press("enter")
	d.shows("calling")
	close(d.fake.hold)
	d.shows("in block")
	d.until("all of it was asked", func() bool { return d.fake.was("reload") && d.fake.was("deploy") && d.fake.was("watch") })
}

func TestSuspend(t *testing.T) {
	d := newDesk(t, 80, 24)
	_, cmd := d.m.Update(keyNamed("ctrl+z"))
	if _, suspends := cmd().(tea.SuspendMsg); !suspends {
		t.Error("ctrl+z does not suspend")
	}
}

func TestSavedLogs(t *testing.T) {
	d := newDesk(t, 80, 24)
	live(d)
	d.press("&")
	d.write("block 5")
	d.press("enter", "S")
	d.shows("saved as")
	file, err := os.ReadFile(filepath.Join(d.m.options.StateDir, "logs-20261121-090000.txt"))
	if err != nil || !strings.Contains(string(file), "committed block 5") || strings.Contains(string(file), "put asset") {
		t.Errorf("saved is %q (%v)", file, err)
	}
	d.m.options.StateDir = filepath.Join(d.m.options.StateDir, "logs-20261121-090000.txt", "no-folder")
	d.press("S")
	d.shows("the logs cannot be saved")
}
