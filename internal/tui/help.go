package tui

import (
	tea "charm.land/bubbletea/v2"
)

// help tells all keys.
type help struct{ lines list }

func (h *help) key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd) {
	h.lines.held = true
	if h.lines.length > 1 && h.lines.travel(k.String(), max(m.height-6, 1)) {
		return h, nil
	}
	return nil, nil
}

func (h *help) keys() []binding {
	if h.lines.length > 1 {
		return []binding{{"↑↓", "scroll"}, {"Esc", "close"}}
	}
	return []binding{{"any key", "closes the help"}}
}

var helpColumns = [][]binding{
	{
		{"", "Everywhere"},
		{"1-3 Tab", "focus a pane"}, {"f", "full screen"}, {"↑↓ PgUp gG", "move"}, {"m", "take the mouse, or give it"},
		{"i", "invoke or query a function"}, {"b", "browse the world state"}, {"r", "reload, or retry"},
		{"R", "deploy the next sequence"}, {"W", "pause watching, or go on"}, {"d", "detach: leave it running"}, {"q", "ask to quit"},
		{"Ctrl-Z", "suspend"}, {"Ctrl-C", "copy, close, ask to quit"}, {"Enter", "edit what does not compile"},
	},
	{
		{"", "Logs"},
		{"[ ]", "source before, next"}, {"/ n N", "search, next, previous"}, {"&", "filter"}, {"s", "follow"}, {"← →", "pan"},
		{"w t p", "wrap, times, JSON"}, {"C", "clear, and back"}, {"v y", "select lines, copy"}, {"S", "save to a file"}, {"o", "open in $PAGER"},
		{"Esc", "end search and filter"},
		{"", "Transactions"},
		{"Enter", "the trace"}, {"y Y", "copy as ccdev, or as peer"},
	},
}

// helpWords are the screen's words that only those know who know Fabric, or ccdev.
var helpWords = []binding{
	{"peer", "a program of Fabric's that runs chaincode and keeps the ledger"},
	{"orderer", "the one that puts transactions into blocks"},
	{"gen", "generation: one build of the chaincode, running; each save makes the next"},
	{"seq", "sequence: the number of what the channel has agreed on for the chaincode: its policy, its collections"},
	{"submit", "peers run the function, and what it writes is committed in a block"},
	{"evaluate", "one peer runs the function, and what it writes is dropped"},
	{"VALID", "committed; with any other code in its place the transaction is in a block, and has changed nothing"},
	{"answered", "run, and in no block: it was evaluated, or its block is still to come"},
}

func (h *help) view(m *model, width, height int) (string, []string) {
	column := func(all []binding) []string {
		var lines []string
		for _, b := range all {
			if b.key == "" {
				lines = append(lines, " "+m.theme.strong.Render(fit(b.does, 37)))
				continue
			}
			lines = append(lines, " "+m.theme.key.Render(fit(b.key, 10))+" "+fit(b.does, 26))
		}
		return lines
	}
	left, right := column(helpColumns[0]), column(helpColumns[1])
	var lines []string
	if width < 2*38 {
		lines = append(left, right...)
	} else {
		lines = beside(left, right)
	}
	lines = append(lines, "", " "+m.theme.strong.Render("Words"))
	for _, b := range helpWords {
		key := b.key
		for _, l := range wrap(b.does, width-13) {
			lines = append(lines, " "+m.theme.key.Render(fit(key, 10))+" "+l)
			key = ""
		}
	}
	h.lines.held = true
	h.lines.grew(max(len(lines)-height+1, 1))
	return "help", lines[h.lines.at:]
}
