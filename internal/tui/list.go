package tui

import "strings"

// list is a position in a list of which a window is shown.
type list struct {
	at, top, length int
	held            bool // the user has moved away from the end
}

// grew tells the list its length. One that stood at its end stays there.
func (l *list) grew(length int) {
	l.length = length
	if !l.held {
		l.at = length - 1
	}
	l.at = min(max(l.at, 0), max(length-1, 0))
}

// move goes some entries up or down.
func (l *list) move(by int) {
	l.at = min(max(l.at+by, 0), max(l.length-1, 0))
	l.held = l.at < l.length-1
}

// window gives the entries to show in that many lines: from, and up to but without, to.
func (l *list) window(height int) (from, to int) {
	if l.at < l.top {
		l.top = l.at
	}
	if l.at >= l.top+height {
		l.top = l.at - height + 1
	}
	l.top = min(max(l.top, 0), max(l.length-height, 0))
	return l.top, min(l.top+height, l.length)
}

// chosen is the line that a list stands at: marked for those who see no difference of colours, too.
func (m *model) chosen(line string, width int) string {
	return m.theme.chosen.Render(fit("▸"+strings.TrimPrefix(line, " "), width))
}

// travel moves a list for the keys that all lists have, and says whether it was one.
func (l *list) travel(key string, page int) bool {
	switch key {
	case "up", "k":
		l.move(-1)
	case "down", "j":
		l.move(1)
	case "pgup", "ctrl+b":
		l.move(-page)
	case "pgdown", "ctrl+f", "space":
		l.move(page)
	case "home", "g":
		l.move(-l.length)
	case "end", "G":
		l.move(l.length)
	default:
		return false
	}
	return true
}
