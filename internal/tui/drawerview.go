package tui

import (
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/contract"
	"github.com/charmbracelet/x/ansi"
)

func (d *drawer) view(m *model, width, height int) (string, []string) {
	title := "call " + d.chaincode
	if d.form != nil {
		return title, d.form.lines(height)
	}
	lines := []string{d.how(m, width), ""}
	d.input.SetWidth(max(width-4, 8))
	lines = append(lines, " "+d.input.View(), "")
	room := height - len(lines)
	switch {
	case d.result == nil && !d.running:
		lines = append(lines, d.functions(m, room)...)
	case room > 9: // enough for both
		lines = append(append(lines, d.functions(m, room/2)...), "")
	}
	return title, append(lines, d.outcome(m, width, height-len(lines))...)
}

// how says how the call will be made, and which keys change that.
func (d *drawer) how(m *model, width int) string {
	how, means, as := "evaluate", ": nothing is committed", d.user()
	if d.submit {
		how, means = "submit", ": it is committed"
	}
	if as == "" {
		as = "Admin"
	}
	rest := " (" + m.theme.key.Render("Ctrl-T") + ") · as " + as
	if len(d.users) > 0 {
		rest += " (" + m.theme.key.Render("Ctrl-R") + ")"
	}
	if ansi.StringWidth(how+means+rest) < width {
		how += means
	}
	return " " + how + rest
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
		line := " " + safe(signature(all[i]))
		if i == d.at {
			line = m.chosen(line, ansi.StringWidth(line))
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
