package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// area is a part of the screen, in cells.
type area struct{ width, height int }

// layout says how large each pane is; a pane without height is not shown.
type layout struct {
	narrow                     bool // one pane at a time
	header                     int  // lines
	status, logs, transactions area
}

// The least screen with all panes on it.
const (
	leastWidth, leastHeight = 80, 24
)

func (m *model) layout() layout {
	l := layout{header: 2}
	if m.width < leastWidth || m.height < leastHeight {
		l.narrow = true
		l.header = 1
	}
	body := max(m.height-l.header-1, 3) // and the footer
	whole := area{m.width, body}
	if l.narrow || m.full {
		if l.narrow {
			whole.height = max(body-1, 3) // and the tabs
		}
		switch m.focus {
		case paneStatus:
			l.status = whole
		case paneLogs:
			l.logs = whole
		case paneTransactions:
			l.transactions = whole
		}
		return l
	}
	l.transactions = area{m.width, min(max(body/4, 6), 12)}
	top := body - l.transactions.height
	status := min(max(m.width*3/10, 28), 40)
	if m.world.mode().bad() {
		status = m.width / 2 // what explains it needs room
	}
	l.status = area{status, top}
	l.logs = area{m.width - l.status.width, top}
	return l
}

// box frames lines: the title is in the frame's upper edge, and note in its lower one.
func (m *model) box(title, note string, lines []string, a area, focused bool) []string {
	if a.width < 4 || a.height < 2 {
		return nil
	}
	frame, corner := m.theme.frame, [4]string{"┌", "┐", "└", "┘"}
	if focused {
		frame, corner = m.theme.frameFocused, [4]string{"┏", "┓", "┗", "┛"}
	}
	room := a.width - 2
	out := make([]string, 0, a.height)
	out = append(out, frame.Render(corner[0]+"─")+edge(m.theme.title.Render(title), room-1, frame)+frame.Render(corner[1]))
	side := frame.Render("│")
	for i := range a.height - 2 {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		out = append(out, side+fit(line, room)+side)
	}
	return append(out, frame.Render(corner[2]+"─")+edge(m.theme.quiet.Render(note), room-1, frame)+frame.Render(corner[3]))
}

// edge is a text within a frame's edge.
func edge(text string, width int, frame lipgloss.Style) string {
	if ansi.StringWidth(text) > 0 {
		text = " " + ansi.Truncate(text, max(width-2, 0), "…") + " "
	}
	return text + frame.Render(strings.Repeat("─", max(width-ansi.StringWidth(text), 0)))
}

// fit makes a line exactly that wide, whoever wrote it.
func fit(line string, width int) string {
	line = ansi.Truncate(short.Replace(line), width, "…")
	return line + strings.Repeat(" ", max(width-ansi.StringWidth(line), 0))
}

// beside puts two columns of the same height next to each other.
func beside(left, right []string) []string {
	out := make([]string, max(len(left), len(right)))
	for i := range out {
		if i < len(left) {
			out[i] = left[i]
		}
		if i < len(right) {
			out[i] += right[i]
		}
	}
	return out
}
