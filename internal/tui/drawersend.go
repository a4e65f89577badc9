package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
)

// result is how a call has ended.
type result struct {
	call  call
	value gateway.Result
	fault *fault.Fault
}

// enter makes the call that is written; a function's name alone opens its form.
func (d *drawer) enter(m *model) tea.Cmd {
	c, err := d.written()
	if err != nil {
		d.result = &result{fault: fault.From(err)}
		return nil
	}
	all := d.matching()
	if c.Function == "" && len(all) > 0 {
		c.Function = all[d.at].Name
	}
	if c.Function == "" {
		return nil
	}
	i := slices.IndexFunc(all, func(f contract.Function) bool { return f.Name == c.Function })
	if i < 0 {
		return d.send(m, c)
	}
	if len(c.Args) == 0 && len(all[i].Parameters) > 0 {
		d.form = newForm(m, all[i], d.users, d.user(), m.width-6)
		return d.form.form.Init()
	}
	if d.past == len(d.calls) { // one made before says itself how
		c.Submit = all[i].Submit && d.submit
	}
	return d.send(m, c)
}

// send makes a call, and remembers it.
func (d *drawer) send(m *model, c call) tea.Cmd {
	if d.running {
		return nil
	}
	d.running, d.result = true, nil
	m.calling = d
	d.calls = remembered(d.calls, c)
	d.past = len(d.calls)
	d.input.SetValue("")
	return m.do(func() tea.Msg {
		saveCalls(m.options.StateDir, remembered(loadCalls(m.options.StateDir), c))
		out := session.Call{Chaincode: d.chaincode, As: c.As, Function: c.Function, Transient: map[string][]byte{}}
		for _, a := range c.Args {
			out.Args = append(out.Args, []byte(a))
		}
		for name, v := range c.Transient {
			out.Transient[name] = []byte(v)
		}
		run := m.options.Backend.Query
		if c.Submit {
			run = m.options.Backend.Invoke
		}
		value, err := run(m.ctx, out)
		return resultMsg{d, result{c, value, fault.From(err)}}
	})
}

// called is the end of a call. Of a drawer that was closed meanwhile the footer tells it, and the drawer
// shows it when it is opened again.
func (m *model) called(msg resultMsg) {
	d := msg.of
	d.running, d.result, d.lines = false, &msg.result, list{held: true}
	if m.overlay == overlay(d) {
		m.calling = nil
		return
	}
	m.say(safe(msg.result.outcome() + "  " + msg.result.call.line() + "  (i shows it)"))
}

// call opens the drawer: that whose call runs, or has ended unseen, if there is one.
func (m *model) call() tea.Cmd {
	d := m.calling
	if d == nil {
		d = newDrawer(m)
	} else if !d.running {
		m.calling, m.flash = nil, flash{}
	}
	return m.open(d)
}
