package tui

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
)

// drawer calls functions of a chaincode: written as a line, or filled into a form.
type drawer struct {
	chaincode string
	contract  contract.Contract
	asked     bool // the contract has answered, or has not
	users     []session.User
	calls     []call // made before, oldest first
	past      int    // the one that is shown: len(calls) for none

	input   textinput.Model
	at      int  // the function that is chosen below the line
	as      int  // index into users; -1 for the Admin
	submit  bool // or evaluate
	form    *form
	running bool
	result  *result
	lines   list // of the result
}

func newDrawer(m *model) *drawer {
	d := &drawer{chaincode: m.chaincode(), submit: true, as: -1}
	d.input = textinput.New()
	d.input.Prompt = "> "
	d.input.Placeholder = "FUNCTION [ARG…]"
	d.input.Focus()
	return d
}

type (
	contractMsg struct {
		contract contract.Contract
		err      error
	}
	usersMsg  []session.User
	callsMsg  []call
	resultMsg struct {
		of     *drawer
		result result
	}
)

func (d *drawer) open(m *model) tea.Cmd {
	b := m.options.Backend
	return tea.Batch(
		m.do(func() tea.Msg {
			c, err := b.Contract(m.ctx, d.chaincode)
			return contractMsg{c, err}
		}),
		m.do(func() tea.Msg {
			users, err := b.Users()
			if err != nil {
				return nil // the Admin is always there
			}
			return usersMsg(users)
		}),
		m.do(func() tea.Msg { return callsMsg(loadCalls(m.options.StateDir)) }),
	)
}

func (d *drawer) message(m *model, msg tea.Msg) (overlay, tea.Cmd) {
	switch msg := msg.(type) {
	case contractMsg:
		d.contract, d.asked = msg.contract, true
		if msg.err != nil && d.result == nil {
			d.result = &result{fault: fault.From(msg.err)}
		}
	case usersMsg:
		d.users = msg
	case callsMsg:
		all := []call(msg)
		for _, c := range d.calls { // made before the others were read
			all = remembered(all, c)
		}
		d.calls, d.past = all, len(all)
	case editedMsg:
		return d, d.send(m, call(msg))
	default:
		return d, d.fill(m, msg)
	}
	return d, nil
}

// fill gives the form, or the line, what is for it.
func (d *drawer) fill(m *model, msg tea.Msg) tea.Cmd {
	if d.form == nil {
		var cmd tea.Cmd
		d.input, cmd = d.input.Update(msg)
		return cmd
	}
	cmd := d.form.update(msg)
	if made, done := d.form.made(); done {
		d.form = nil
		return d.send(m, made)
	}
	return cmd
}

func (d *drawer) key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd) {
	if d.form != nil {
		if k.String() == "esc" {
			d.form = nil
			return d, nil
		}
		return d, d.fill(m, k)
	}
	switch k.String() {
	case "esc":
		return nil, nil
	case "enter":
		return d, d.enter(m)
	case "pgup", "pgdown":
		d.lines.travel(k.String(), 5)
		d.lines.held = true
		return d, nil
	}
	if d.move(k.String()) {
		return d, nil
	}
	return d, d.option(m, k)
}

// move takes the keys that choose a function or a call made before.
func (d *drawer) move(key string) bool {
	switch key {
	case "tab":
		d.complete()
	case "up":
		d.remember(-1)
	case "down":
		d.remember(1)
	case "ctrl+n":
		d.at++
	case "ctrl+p":
		d.at--
	default:
		return false
	}
	return true
}

// option takes the keys that change how the call is made; all others are written.
func (d *drawer) option(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "ctrl+t":
		d.submit = !d.submit
	case "ctrl+r":
		d.as++
		if d.as >= len(d.users) {
			d.as = -1
		}
	case "ctrl+e":
		c, err := d.written()
		if err != nil {
			c = call{Submit: d.submit}
		}
		return m.editCall(c)
	default:
		d.at = 0
		return d.fill(m, k)
	}
	return nil
}

func (d *drawer) keys() []binding {
	if d.form != nil {
		all := []binding{{"Tab", "next field"}, {"Enter", "next, then call"}, {"Esc", "back"}}
		if d.form.chooses() {
			all = append([]binding{{"←→", "change"}}, all...)
		}
		return all
	}
	all := []binding{{"Enter", "call"}}
	if len(d.contract.Functions) > 0 {
		all = append(all, binding{"Tab", "complete"}, binding{"Ctrl-N/P", "choose"})
	}
	if len(d.calls) > 0 {
		all = append(all, binding{"↑↓", "calls before"})
	}
	all = append(all, binding{"Ctrl-T", "submit/evaluate"})
	if len(d.users) > 0 {
		all = append(all, binding{"Ctrl-R", "user"})
	}
	if d.lines.length > 1 {
		all = append(all, binding{"PgUp/Dn", "scroll"})
	}
	return append(all, binding{"Ctrl-E", "in $EDITOR"}, binding{"Esc", "close"})
}
