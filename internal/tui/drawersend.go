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
		return resultMsg{c, value, fault.From(err)}
	})
}
