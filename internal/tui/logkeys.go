package tui

import (
	tea "charm.land/bubbletea/v2"
)

func (m *model) logBindings() []binding {
	if m.logs.Selecting() {
		return []binding{{"↑↓", "select"}, {"y", "copy"}, {"Esc", "leave"}}
	}
	all := []binding{{"/", "search"}, {"&", "filter"}, {"[ ]", "source"}}
	if !m.logs.Following() {
		all = append([]binding{{"s", "follow"}}, all...)
	}
	if m.search != "" {
		all = append([]binding{{"n/N", "next hit"}}, all...)
	}
	return all
}

// logKeys are what keys do in the logs.
var logKeys = map[string]func(m *model) tea.Cmd{
	"up": scroll(-1), "k": scroll(-1), "down": scroll(1), "j": scroll(1),
	"pgup": scrollPages(-1), "ctrl+b": scrollPages(-1), "pgdown": scrollPages(1), "ctrl+f": scrollPages(1), "space": scrollPages(1),
	"home": logs(func(m *model) { m.logs.Home() }), "g": logs(func(m *model) { m.logs.Home() }),
	"end": logs(func(m *model) { m.logs.End() }), "G": logs(func(m *model) { m.logs.End() }),
	"left": pan(-8), "h": pan(-8), "right": pan(8), "l": pan(8),
	"s": logs(func(m *model) { m.logs.Follow(!m.logs.Following()) }),

	"[": logs(func(m *model) { m.choose(m.tab - 1) }), "]": logs(func(m *model) { m.choose(m.tab + 1) }),
	"/": logs(func(m *model) { m.ask("search", m.search, m.searchFor) }),
	"&": logs(func(m *model) { m.ask("filter", m.filter, m.filterBy) }),
	"n": logs(func(m *model) { m.logs.Next() }), "N": logs(func(m *model) { m.logs.Previous() }),
	"w":   logs(func(m *model) { m.logs.Wrap(!m.logs.Wrapping()) }),
	"p":   logs(func(m *model) { m.logs.Pretty(!m.logs.Prettying()) }),
	"t":   logs(func(m *model) { m.times = !m.times }),
	"C":   logs((*model).clearLogs),
	"esc": logs(func(m *model) { m.searchFor(""); m.filterBy("") }),

	"enter": (*model).editFailure,

	"v": logs(func(m *model) { m.logs.Select(true) }),
	"S": (*model).saveLogs,
	"o": (*model).pageLogs,
}

func logs(do func(m *model)) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { do(m); return nil }
}

func scroll(rows int) func(*model) tea.Cmd {
	return logs(func(m *model) { m.logs.Scroll(rows) })
}

func scrollPages(pages int) func(*model) tea.Cmd {
	return logs(func(m *model) { m.logs.Scroll(pages * max(m.layout().logs.height-3, 1)) })
}

func pan(columns int) func(*model) tea.Cmd {
	return logs(func(m *model) { m.logs.Pan(columns) })
}

func (m *model) logsKey(key string) tea.Cmd {
	if m.logs.Selecting() {
		return m.selectionKey(key)
	}
	if do := logKeys[key]; do != nil {
		return do(m)
	}
	return nil
}

func (m *model) clearLogs() {
	if m.logs.Cleared() {
		m.logs.Restore()
	} else {
		m.logs.Clear()
	}
}

func (m *model) selectionKey(key string) tea.Cmd {
	switch key {
	case "up", "k":
		m.logs.MoveSelection(-1)
	case "down", "j":
		m.logs.MoveSelection(1)
	case "pgup":
		m.logs.MoveSelection(-10)
	case "pgdown":
		m.logs.MoveSelection(10)
	case "y", "enter":
		return m.copySelection()
	case "esc", "v":
		m.logs.Select(false)
	}
	return nil
}

func (m *model) searchFor(text string) tea.Cmd {
	m.search = text
	m.logs.Search(text)
	if _, all := m.logs.Hits(); text != "" && all == 0 {
		m.say("no line contains " + text)
	}
	return nil
}

func (m *model) filterBy(text string) tea.Cmd {
	m.filter = text
	m.logs.Filter(text)
	return nil
}
