package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/charmbracelet/x/ansi"
)

// View implements tea.Model.
func (m *model) View() tea.View {
	lines := m.lines()
	for i := range lines {
		lines[i] = fit(lines[i], m.width)
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.WindowTitle = "ccdev " + m.project()
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// lines are the whole screen: as many as it has.
func (m *model) lines() []string {
	l := m.layout()
	lines := m.header(l)
	var body []string
	switch room := m.height - len(lines) - 1; {
	case m.overlay != nil:
		title, inside := m.overlay.view(m, m.width-2, room-2)
		body = m.box(title, "", inside, area{m.width, room}, true)
	case l.narrow:
		body = append([]string{m.paneTabs()}, m.only(l)...)
	case m.full:
		body = m.only(l)
	default:
		body = beside(m.statusPane(l.status), m.logsPane(l.logs))
		body = append(body, m.transactionsPane(l.transactions)...)
	}
	lines = append(lines, body...)
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(m.height-1, 0)], m.footer())
}

// only is the focused pane.
func (m *model) only(l layout) []string {
	switch m.focus {
	case paneStatus:
		return m.statusPane(l.status)
	case paneTransactions:
		return m.transactionsPane(l.transactions)
	default:
		return m.logsPane(l.logs)
	}
}

func (m *model) paneTabs() string {
	var all []string
	for p, name := range []string{"1 status", "2 logs", "3 transactions"} {
		if m.focus == pane(p) {
			name = m.theme.chosen.Render(" " + name + " ")
		} else {
			name = " " + name + " "
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func (m *model) project() string {
	if m.world.begun.Project != "" {
		return m.world.begun.Project
	}
	return "…"
}

// header says where the user is, and what is going on: on one line, or two with the services.
func (m *model) header(l layout) []string {
	w := &m.world
	left := m.theme.strong.Render("ccdev " + m.project())
	for _, part := range m.facts() {
		left += m.theme.quiet.Render(" · ") + part
	}
	state := m.modeText() + " "
	first := fit(left, max(m.width-ansi.StringWidth(state)-1, 0)) + " " + state
	if l.header == 1 {
		return []string{first}
	}
	var services []string
	for _, s := range w.status.Services {
		services = append(services, m.service(s))
	}
	return []string{first, strings.Join(services, "  ")}
}

// facts are what the header tells of the network.
func (m *model) facts() []string {
	w := &m.world
	var facts []string
	if !m.watching {
		facts = append(facts, m.theme.busy.Render("watching paused"))
	}
	for _, cc := range w.status.Chaincodes {
		if cc.Sequence == 0 {
			continue // it is on its way
		}
		fact := fmt.Sprintf("%s seq %d", cc.Name, cc.Sequence)
		if cc.Generation > 0 {
			fact += fmt.Sprintf(" gen %d", cc.Generation)
		}
		facts = append(facts, fact)
	}
	if w.status.Channel != "" {
		facts = append(facts, w.status.Channel)
	}
	if w.blocks > 0 {
		facts = append(facts, fmt.Sprintf("block %d", w.blocks-1))
	}
	if w.begun.Fabric != "" {
		facts = append(facts, "Fabric "+w.begun.Fabric+" on "+w.begun.Runtime)
	}
	return facts
}

// modeText is the state of everything, as a word.
func (m *model) modeText() string {
	mode := m.world.mode()
	return m.modeStyle(mode).Reverse(true).Render(" " + string(mode) + " ")
}

func (m *model) modeStyle(mode mode) lipgloss.Style {
	switch {
	case mode == modeLive:
		return m.theme.good
	case mode.bad():
		return m.theme.bad
	default:
		return m.theme.busy
	}
}

// service is a service as a glyph and a word.
func (m *model) service(s session.ServiceStatus) string {
	switch {
	case s.State == runtime.Running:
		return m.theme.good.Render("●") + " " + s.Name + " " + m.theme.quiet.Render("running")
	case s.OOMKilled:
		return m.theme.bad.Render("✗ " + s.Name + " out of memory")
	case s.State == runtime.Exited:
		return m.theme.bad.Render(fmt.Sprintf("✗ %s exited (%d)", s.Name, s.ExitCode))
	default:
		return m.theme.busy.Render("○ " + s.Name + " " + string(s.State))
	}
}
