package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/charmbracelet/x/ansi"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // screens show the user's time
	m.Run()
}

// morning is when every test begins.
var morning = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// fake is a network whose answers the test sets.
type fake struct {
	hold chan struct{} // answers wait for its end; nil: they do not

	mu     sync.Mutex
	asked  []string // what was called, with its arguments
	fail   error    // of everything but Status
	status session.Status
	told   contract.Contract
	users  []session.User
	result gateway.Result
	traces []trace.Trace
	again  session.Again
	page   state.Page
}

func (f *fake) ask(format string, args ...any) error {
	if f.hold != nil {
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fake) was(call string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(strings.Join(f.asked, "\n"), call)
}

func (f *fake) Status(context.Context) (session.Status, error) { return f.status, nil }

func (f *fake) Reload(_ context.Context, chaincode string) error {
	return f.ask("reload %s", chaincode)
}

func (f *fake) Deploy(_ context.Context, chaincode string, force bool) error {
	return f.ask("deploy %s %v", chaincode, force)
}

func (f *fake) Users() ([]session.User, error) { return f.users, nil }

func (f *fake) Watch(on bool) { _ = f.ask("watch %v", on) }

func (f *fake) Contract(_ context.Context, chaincode string) (contract.Contract, error) {
	return f.told, f.ask("contract %s", chaincode)
}

func (f *fake) call(how string, c session.Call) (gateway.Result, error) {
	return f.result, f.ask("%s %s %s%q as %s with %q", how, c.Chaincode, c.Function, c.Args, c.As, c.Transient)
}

func (f *fake) Invoke(_ context.Context, c session.Call) (gateway.Result, error) {
	return f.call("invoke", c)
}

func (f *fake) Query(_ context.Context, c session.Call) (gateway.Result, error) {
	return f.call("query", c)
}

func (f *fake) Trace(_ context.Context, txid string, _ session.TraceOptions) ([]trace.Trace, error) {
	return f.traces, f.ask("trace %s", txid)
}

func (f *fake) Again(_ context.Context, t trace.Trace, submitted bool) (session.Again, error) {
	return f.again, f.ask("again %s %v", t.TxID, submitted)
}

func (f *fake) State(_ context.Context, chaincode, _ string, q state.Query, _ bool) (state.Page, error) {
	return f.page, f.ask("state %s %+v", chaincode, q)
}

// desk is a screen with a test in front of it. Commands run beside it, as Bubble Tea runs them.
type desk struct {
	*testing.T
	m     *model
	fake  *fake
	env   map[string]string
	clip  string // what was copied last
	told  chan tea.Msg
	taken map[string]bool // the types of what it told
	quit  bool
}

func newDesk(t *testing.T, width, height int) *desk {
	t.Helper()
	d := &desk{T: t, fake: &fake{}, env: map[string]string{}, told: make(chan tea.Msg, 1000), taken: map[string]bool{}}
	var mu sync.Mutex
	d.m = newModel(t.Context(), Options{
		Backend: d.fake, Feed: NewFeed(), Dir: t.TempDir(), StateDir: t.TempDir(), Watching: true,
		Work: func(context.Context, func(error)) error { return d.fake.ask("work") }, Now: func() time.Time { return morning },
		Getenv: func(name string) string { return d.env[name] },
		Copy: func(text string) error {
			mu.Lock()
			defer mu.Unlock()
			d.clip = text
			return errors.New("no such tool")
		},
	})
	d.m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return d
}

// happens lets events come.
func (d *desk) happens(events ...event.Event) {
	d.m.Update(eventsMsg(events)) // what it returns waits for more
}

// looks lets the network's status come.
func (d *desk) looks() { d.m.Update(statusMsg{d.fake.status, nil}) }

// press presses keys, and runs what they start.
func (d *desk) press(keys ...string) {
	for _, k := range keys {
		_, cmd := d.m.Update(keyNamed(k))
		d.run(cmd)
	}
}

// write types a text.
func (d *desk) write(text string) {
	for _, r := range text {
		d.press(string(r))
	}
}

func (d *desk) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() { d.told <- cmd() }()
}

// until takes what commands bring until it is so.
func (d *desk) until(what string, so func() bool) {
	d.Helper()
	for limit := time.After(30 * time.Second); !so(); {
		select {
		case msg := <-d.told:
			d.take(msg)
		case <-limit:
			d.Fatalf("%s: never so; the screen is\n%s", what, d.text())
		}
	}
}

func (d *desk) take(msg tea.Msg) {
	d.taken[fmt.Sprintf("%T", msg)] = true
	switch msg := msg.(type) {
	case tea.BatchMsg:
		for _, cmd := range msg {
			d.run(cmd)
		}
	case tea.QuitMsg:
		d.quit = true
	default:
		_, cmd := d.m.Update(msg)
		d.run(cmd)
	}
}

// shows waits until the screen shows a text.
func (d *desk) shows(text string) {
	d.Helper()
	d.until("it shows "+text, func() bool { return strings.Contains(d.text(), text) })
}

// lacks checks that the screen does not show a text.
func (d *desk) lacks(text string) {
	d.Helper()
	if strings.Contains(d.text(), text) {
		d.Errorf("it shows %q:\n%s", text, d.text())
	}
}

func (d *desk) text() string { return ansi.Strip(d.m.View().Content) }

var namedKeys = map[string]tea.Key{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	"space": {Code: tea.KeySpace, Text: " "}, " ": {Code: tea.KeySpace, Text: " "},
}

func keyNamed(name string) tea.KeyPressMsg {
	if k, ok := namedKeys[name]; ok {
		return tea.KeyPressMsg(k)
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}
