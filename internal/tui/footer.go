package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// bindings are the keys that work now, the most useful ones first; the last but one and the last
// lead on from everywhere.
func (m *model) bindings() []binding {
	switch {
	case m.prompt != nil:
		return []binding{{"Enter", "takes it"}, {"Esc", "leaves it"}}
	case m.overlay != nil:
		return m.overlay.keys()
	}
	all := append(m.modeBindings(), m.paneBindings()...)
	if m.world.running() {
		all = append(all, binding{"i", "invoke"}, binding{"b", "state"})
	}
	all = append(all, binding{"Tab", "next pane"}, binding{"f", "full"})
	if m.world.running() {
		all = append(all, binding{"r", "reload"}, binding{"d", "detach"})
	}
	interrupt := "quit"
	if m.logs.Selecting() {
		interrupt = "copy"
	}
	return append(all, binding{"Ctrl-C", interrupt}, binding{"?", "help"})
}

// modeBindings are those for what has gone wrong.
func (m *model) modeBindings() []binding {
	switch m.world.mode() {
	case modeNotUp, modeDown, modeCrashed, modePartial:
		return []binding{{"r", "retry"}}
	case modeFailed:
		if _, ok := place(m.world.failure().fault); ok && m.focus != paneTransactions {
			return []binding{{"Enter", "edit"}}
		}
	}
	return nil
}

func (m *model) paneBindings() []binding {
	switch {
	case m.focus == paneLogs:
		return m.logBindings()
	case m.focus == paneTransactions && len(m.world.txs) > 0:
		return []binding{{"Enter", "trace"}, {"y/Y", "copy the call"}}
	case m.focus == paneStatus && m.status.length > 1:
		return []binding{{"↑↓", "scroll"}}
	}
	return nil
}

// footer tells what has just been done, a moment long, and the keys that work now.
func (m *model) footer() string {
	if m.prompt != nil {
		return m.prompt.view(m)
	}
	said, room := "", m.width-1
	if m.flash.text != "" && m.now.Before(m.flash.until) {
		said = m.theme.info.Render(ansi.Truncate(m.flash.text, max(room-len("  ? help"), 0), "…")) + "  "
		room -= ansi.StringWidth(said)
	}
	return " " + said + m.keysText(room)
}

// keysText tells as many keys as there is room for; the last one, which leads on, in any case, and
// that which ends the screen wherever nothing lies over it.
func (m *model) keysText(room int) string {
	all := m.bindings()
	text := func(b binding) string { return m.theme.key.Render(b.key) + " " + b.does }
	last := text(all[len(all)-1])
	all = all[:len(all)-1]
	if m.overlay == nil && m.prompt == nil {
		if quit := text(all[len(all)-1]) + "  " + last; ansi.StringWidth(quit) <= room {
			last, all = quit, all[:len(all)-1]
		}
	}
	room -= ansi.StringWidth(last)
	var told, parts []string
	for _, b := range all {
		size := ansi.StringWidth(text(b)) + 2
		if size > room || slices.Contains(told, b.key) {
			continue
		}
		room -= size
		told, parts = append(told, b.key), append(parts, text(b))
	}
	return strings.Join(append(parts, last), "  ")
}
