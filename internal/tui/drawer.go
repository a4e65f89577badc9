package tui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
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

// call is what the drawer sends, and remembers.
type call struct {
	Function  string            `json:"function"`
	Args      []string          `json:"args"`
	Transient map[string]string `json:"transient,omitempty"`
	As        string            `json:"as,omitempty"`
	Submit    bool              `json:"submit"`
}

// result is how a call has ended.
type result struct {
	call  call
	value gateway.Result
	fault *fault.Fault
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
	resultMsg result
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
		if msg.err != nil {
			d.result = &result{fault: fault.From(msg.err)}
		}
	case usersMsg:
		d.users = msg
	case callsMsg:
		d.calls, d.past = msg, len(msg)
	case resultMsg:
		r := result(msg)
		d.running, d.result, d.lines = false, &r, list{held: true}
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

// matching are the functions that begin with what is written.
func (d *drawer) matching() []contract.Function {
	prefix, _, _ := strings.Cut(strings.TrimSpace(d.input.Value()), " ")
	var all []contract.Function
	for _, f := range d.contract.Functions {
		if strings.HasPrefix(strings.ToLower(f.Name), strings.ToLower(prefix)) {
			all = append(all, f)
		}
	}
	d.at = min(max(d.at, 0), max(len(all)-1, 0))
	return all
}

func (d *drawer) complete() {
	all := d.matching()
	if len(all) == 0 {
		return
	}
	_, rest, _ := strings.Cut(strings.TrimLeft(d.input.Value(), " "), " ")
	d.input.SetValue(all[d.at].Name + " " + rest)
	d.input.CursorEnd()
	d.submit = all[d.at].Submit
}

// remember shows a call that was made before.
func (d *drawer) remember(by int) {
	d.past = min(max(d.past+by, 0), len(d.calls))
	line := ""
	if d.past < len(d.calls) {
		c := d.calls[d.past]
		line, d.submit = c.line(), c.Submit
		d.as = slices.IndexFunc(d.users, func(u session.User) bool { return u.Name+"@"+u.Org == c.As })
	}
	d.input.SetValue(line)
	d.input.CursorEnd()
}

// line is a call as it is written.
func (c call) line() string {
	words := []string{quote(c.Function)}
	for _, a := range c.Args {
		words = append(words, quote(a))
	}
	for _, name := range sortedNames(c.Transient) {
		words = append(words, "--transient", quote(name+"="+c.Transient[name]))
	}
	return strings.Join(words, " ")
}

// written is the call that the line says.
func (d *drawer) written() (call, error) {
	words, err := split(d.input.Value())
	if err != nil {
		return call{}, err
	}
	c := call{Submit: d.submit, Args: []string{}, As: d.user()}
	for i := 0; i < len(words); i++ {
		switch {
		case words[i] == "--transient" && i+1 < len(words):
			i++
			name, value, found := strings.Cut(words[i], "=")
			if !found {
				return call{}, fault.New(fault.Usage, "write --transient NAME=VALUE", "%q is no transient value", words[i])
			}
			if c.Transient == nil {
				c.Transient = map[string]string{}
			}
			c.Transient[name] = value
		case c.Function == "":
			c.Function = words[i]
		default:
			c.Args = append(c.Args, words[i])
		}
	}
	return c, nil
}

func (d *drawer) user() string {
	if d.as < 0 || d.as >= len(d.users) {
		return ""
	}
	return d.users[d.as].Name + "@" + d.users[d.as].Org
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
	kept := slices.Clone(d.calls)
	return m.do(func() tea.Msg {
		saveCalls(m.options.StateDir, kept)
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

func (d *drawer) keys() []binding {
	if d.form != nil {
		return []binding{{"Tab", "next field"}, {"Enter", "next, then call"}, {"Esc", "back"}}
	}
	return []binding{
		{"Enter", "call"}, {"Tab", "complete"}, {"↑↓", "calls before"}, {"Ctrl-T", "submit/evaluate"}, {"Ctrl-R", "user"}, {"Ctrl-E", "in $EDITOR"}, {"Esc", "close"},
	}
}

func (d *drawer) view(m *model, width, height int) (string, []string) {
	how := "evaluate: nothing is committed"
	if d.submit {
		how = "submit: it is committed"
	}
	as := d.user()
	if as == "" {
		as = "Admin"
	}
	title := "call " + d.chaincode
	lines := []string{" " + m.theme.quiet.Render(how+" · as "+as), ""}
	if d.form != nil {
		return title, append(lines, strings.Split(d.form.form.View(), "\n")...)
	}
	d.input.SetWidth(max(width-4, 8))
	lines = append(lines, " "+d.input.View(), "")
	lines = append(lines, d.functions(m, max((height-len(lines))/2, 3))...)
	lines = append(lines, "")
	return title, append(lines, d.outcome(m, width, height-len(lines))...)
}

// functions are those that can be called.
func (d *drawer) functions(m *model, height int) []string {
	switch {
	case !d.asked:
		return []string{m.theme.quiet.Render(" asking the contract for its functions …")}
	case len(d.contract.Functions) == 0:
		return []string{m.theme.quiet.Render(" the chaincode does not tell its functions: write one with its arguments")}
	}
	all := d.matching()
	l := list{at: d.at, length: len(all), held: true}
	from, to := l.window(height)
	var lines []string
	for i := from; i < to; i++ {
		line := " " + signature(all[i])
		if i == d.at {
			line = m.theme.chosen.Render(line)
		}
		lines = append(lines, line)
	}
	if len(all) == 0 {
		lines = []string{m.theme.quiet.Render(" no function begins so; Enter calls it all the same")}
	}
	return lines
}

func signature(f contract.Function) string {
	params := make([]string, len(f.Parameters))
	for i, p := range f.Parameters {
		params[i] = strings.TrimSpace(p.Name + " " + p.Type)
	}
	how := "evaluate"
	if f.Submit {
		how = "submit"
	}
	return fmt.Sprintf("%s(%s)  %s", f.Name, strings.Join(params, ", "), how)
}
