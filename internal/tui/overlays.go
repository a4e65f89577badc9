package tui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/fault"
)

// quitting asks what is to become of the network.
type quitting struct{ running bool }

func (q quitting) key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd) {
	switch k.String() {
	case "s", "enter":
		return q, m.leave(Stop)
	case "l", "d":
		if q.running {
			return q, m.leave(Leave)
		}
	}
	return nil, nil
}

func (q quitting) view(m *model, width, _ int) (string, []string) {
	lines := []string{"", " What is to become of the network?", ""}
	option := func(key, does string) {
		for i, l := range wrap(does, width-6) {
			if i > 0 {
				key = ""
			}
			lines = append(lines, " "+m.theme.key.Render(fit(key, 4))+l)
		}
	}
	switch {
	case m.world.up:
		option("s", `stop it; its ledger is kept, and "ccdev up" goes on from there`)
	case m.world.failed != nil:
		option("s", "leave; it is not up, and ccdev then prints why")
	default:
		option("s", "stop bringing it up; of a network that was never up nothing is left")
	}
	if q.running {
		option("l", `leave it running; "ccdev up" comes back to it, "ccdev down" stops it`)
	}
	option("Esc", "stay")
	lines = append(lines, "")
	for _, l := range wrap("Ctrl-C once more stops it, too.", width-2) {
		lines = append(lines, m.theme.quiet.Render(" "+l))
	}
	return "leave", lines
}

func (q quitting) keys() []binding {
	all := []binding{{"s", "stop"}}
	if q.running {
		all = append(all, binding{"l", "leave it running"})
	}
	return append(all, binding{"Ctrl-C", "stop"}, binding{"Esc", "stay"})
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

func (f failure) keys() []binding { return []binding{{"y", "copy"}, {"Esc", "close"}} }

// explain is a fault as lines: what happened, the log that explains it, and what to do.
func (m *model) explain(width int, f *fault.Fault) []string {
	if f == nil {
		return nil
	}
	lines := append(paragraph(m.theme.bad, "✗ "+safeText(f.What), width), m.quoted(f.Log, width)...)
	if f.Fix != "" {
		lines = append(lines, wrap("→ "+safeText(f.Fix), width)...)
	}
	return append(lines, "")
}
