package tui

import tea "charm.land/bubbletea/v2"

// wheelLines are how far a turn of the wheel goes.
const wheelLines = 3

// pointed takes the mouse, where the user has given it to the screen.
func (m *model) pointed(msg tea.MouseMsg) {
	if m.overlay != nil || m.prompt != nil {
		return
	}
	at := msg.Mouse()
	over, ok := m.paneAt(at.X, at.Y)
	if !ok {
		return
	}
	if _, click := msg.(tea.MouseClickMsg); click {
		m.focusOn(over)
		return
	}
	by := map[tea.MouseButton]int{tea.MouseWheelUp: -wheelLines, tea.MouseWheelDown: wheelLines}[at.Button]
	switch over {
	case paneLogs:
		m.logs.Scroll(by)
	case paneTransactions:
		m.txs.move(by)
	default:
		m.status.move(by)
	}
}

func (m *model) paneAt(x, y int) (pane, bool) {
	l := m.layout()
	y -= l.header
	switch {
	case y < 0 || y >= m.height-l.header-1:
		return 0, false
	case l.narrow || m.full:
		return m.focus, true
	case y >= l.logs.height:
		return paneTransactions, true
	case x < l.status.width:
		return paneStatus, true
	default:
		return paneLogs, true
	}
}
