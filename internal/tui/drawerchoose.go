package tui

import (
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/session"
)

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

func (d *drawer) user() string {
	if d.as < 0 || d.as >= len(d.users) {
		return ""
	}
	return d.users[d.as].Name + "@" + d.users[d.as].Org
}
