package tui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
)

// quitting asks what is to become of the network.
type quitting struct{}

func (q quitting) key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd) {
	switch k.String() {
	case "s", "enter":
		return q, m.leave(Stop)
	case "l", "d":
		return q, m.leave(Leave)
	default:
		return nil, nil
	}
}

func (quitting) view(m *model, _, _ int) (string, []string) {
	lines := []string{
		"", " What is to become of the network?", "",
		" " + m.hint("s", "  stop it; its ledger is kept, and \"ccdev up\" goes on from there"),
		" " + m.hint("l", "  leave it running; \"ccdev up\" comes back to it, \"ccdev down\" stops it"),
		" " + m.hint("Esc", "stay"), "",
		m.theme.quiet.Render(" Ctrl-C once more stops it, too."),
	}
	return "leave", lines
}

func (quitting) keys() []binding {
	return []binding{{"s", "stop"}, {"l", "leave it running"}, {"Esc", "stay"}, {"Ctrl-C", "stop"}}
}

// failure shows what could not be done.
type failure struct{ fault *fault.Fault }

func newFailure(f *fault.Fault) overlay { return failure{f} }

func (f failure) key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd) {
	switch k.String() {
	case "esc", "enter", "q", "space":
		return nil, nil
	case "y":
		return f, m.clip(f.fault.What+"\n"+f.fault.Fix, "the error")
	}
	return f, nil
}

func (f failure) view(m *model, width, _ int) (string, []string) {
	return "error", m.explain(width, f.fault)
}

func (f failure) keys() []binding { return []binding{{"Esc", "close"}, {"y", "copy"}} }

// explain is a fault as lines: what happened, the log that explains it, and what to do.
func (m *model) explain(width int, f *fault.Fault) []string {
	if f == nil {
		return nil
	}
	var lines []string
	for _, l := range wrap("✗ "+printer.CleanText(f.What), width) {
		lines = append(lines, m.theme.bad.Render(l))
	}
	for _, l := range f.Log {
		for _, w := range wrap(printer.Clean(l), width-2) {
			lines = append(lines, m.theme.quiet.Render("│ ")+w)
		}
	}
	if f.Fix != "" {
		lines = append(lines, wrap("→ "+printer.CleanText(f.Fix), width)...)
	}
	return append(lines, "")
}

// help tells all keys.
type help struct{}

func (h help) key(_ *model, _ tea.KeyPressMsg) (overlay, tea.Cmd) { return nil, nil }

func (help) keys() []binding { return []binding{{"any key", "closes the help"}} }

var helpColumns = [][]binding{
	{
		{"1-3 Tab", "focus a pane"}, {"f", "full screen"}, {"↑↓ PgUp g G", "move"}, {"m", "mouse: ours or the terminal's"}, {"", ""},
		{"i", "invoke or query a function"}, {"b", "browse the world state"}, {"r", "reload; retry after a failure"},
		{"R", "deploy the next sequence"}, {"W", "pause watching, or go on"}, {"d", "detach: leave it running"}, {"Ctrl-Z", "suspend"}, {"Ctrl-C", "copy, close, or ask to quit"},
	},
	{
		{"[ ]", "logs: source before, next"}, {"/ n N", "search, next, previous"}, {"&", "filter"}, {"s", "follow"}, {"← →", "pan"},
		{"w t p", "wrap, times, JSON"}, {"C", "clear, and back"}, {"v y", "select lines, copy"}, {"S", "save to a file"}, {"o", "open in $PAGER"}, {"", ""},
		{"Enter", "transactions: the trace"}, {"y Y", "copy as ccdev or peer command"},
	},
}

func (help) view(m *model, width, _ int) (string, []string) {
	column := func(all []binding) []string {
		var lines []string
		for _, b := range all {
			lines = append(lines, " "+m.theme.key.Render(fit(b.key, 12))+" "+fit(b.does, 26))
		}
		return lines
	}
	left, right := column(helpColumns[0]), column(helpColumns[1])
	if width < leastWidth {
		return "help", append(left, right...)
	}
	return "help", beside(left, right)
}
