package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/charmbracelet/x/ansi"
)

// browser shows the keys of a chaincode's world state, and the value of one of them.
type browser struct {
	chaincode string
	query     state.Query
	page      state.Page
	err       error
	asking    int // number of the newest question; answers to others are late
	answered  bool
	keysList  list
	value     list
}

// pageSize is how many keys are asked for at once.
const pageSize = 200

func newBrowser(m *model) *browser {
	return &browser{chaincode: m.chaincode(), query: state.Query{Limit: pageSize}}
}

type pageMsg struct {
	asked int
	page  state.Page
	err   error
	more  bool // it follows what is there
}

func (b *browser) open(m *model) tea.Cmd { return b.ask(m, false) }

// ask asks for the first page, or for the next one.
func (b *browser) ask(m *model, more bool) tea.Cmd {
	b.asking++
	q, asked := b.query, b.asking
	if more {
		q.Bookmark = b.page.Bookmark
	} else {
		b.answered = false
	}
	return m.do(func() tea.Msg {
		page, err := m.options.Backend.State(m.ctx, b.chaincode, "", q, false)
		return pageMsg{asked, page, err, more}
	})
}

func (b *browser) message(_ *model, msg tea.Msg) (overlay, tea.Cmd) {
	p, ok := msg.(pageMsg)
	if !ok || p.asked != b.asking {
		return b, nil
	}
	b.err, b.answered = p.err, true
	if p.err == nil {
		if p.more {
			p.page.Entries = append(b.page.Entries, p.page.Entries...)
		} else {
			b.keysList, b.value = list{held: true}, list{held: true}
		}
		b.page = p.page
	}
	b.keysList.held = true
	b.keysList.grew(len(b.page.Entries))
	return b, nil
}

func (b *browser) key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd) {
	switch key := k.String(); key {
	case "esc", "q":
		if b.query.History {
			b.query.History, b.query.Key = false, ""
			return b, b.ask(m, false)
		}
		return nil, nil
	case "left", "right":
		b.value.held = true
		b.value.move(map[string]int{"left": -5, "right": 5}[key])
	case "h":
		if e, ok := b.chosen(); ok && !b.query.History {
			b.query.History, b.query.Key = true, e.Key
			return b, b.ask(m, false)
		}
	default:
		return b, b.choose(m, key)
	}
	return b, nil
}

// choose takes the keys that choose what is shown.
func (b *browser) choose(m *model, key string) tea.Cmd {
	switch key {
	case "/":
		m.ask("keys that begin with", b.query.Prefix, func(text string) tea.Cmd {
			b.query = state.Query{Prefix: text, Collection: b.query.Collection, Limit: pageSize}
			return b.ask(m, false)
		})
	case "c":
		m.ask("collection (empty for the world state)", b.query.Collection, func(text string) tea.Cmd {
			b.query = state.Query{Collection: text, Limit: pageSize}
			return b.ask(m, false)
		})
	case "r":
		return b.ask(m, false)
	case "y":
		if e, ok := b.chosen(); ok {
			return m.clip(string(e.Value), "the value")
		}
	default:
		if b.keysList.travel(key, max(m.height-6, 1)) {
			b.keysList.held, b.value = true, list{held: true}
			if b.page.More && b.keysList.at == len(b.page.Entries)-1 {
				return b.ask(m, true)
			}
		}
	}
	return nil
}

func (b *browser) chosen() (state.Entry, bool) {
	if b.keysList.at >= len(b.page.Entries) {
		return state.Entry{}, false
	}
	return b.page.Entries[b.keysList.at], true
}

func (b *browser) keys() []binding {
	var all []binding
	if len(b.page.Entries) > 1 {
		all = append(all, binding{"↑↓", "choose"})
	}
	if b.value.length > 1 {
		all = append(all, binding{"←→", "scroll the value"})
	}
	if b.query.History {
		return append(all, binding{"y", "copy"}, binding{"Esc", "back"})
	}
	all = append(all, binding{"/", "prefix"}, binding{"c", "collection"}, binding{"r", "again"})
	if len(b.page.Entries) > 0 {
		all = append(all, binding{"h", "history"}, binding{"y", "copy"})
	}
	return append(all, binding{"Esc", "close"})
}

func (b *browser) title() string {
	title := "state of " + b.chaincode
	if b.query.Collection != "" {
		title += " · collection " + b.query.Collection
	}
	if b.query.Prefix != "" {
		title += " · " + b.query.Prefix + "…"
	}
	if b.query.History {
		title = "history of " + safe(b.query.Key)
	}
	return title
}

func (b *browser) view(m *model, width, height int) (string, []string) {
	switch {
	case b.err != nil:
		return b.title(), m.explain(width, fault.From(b.err))
	case !b.answered && len(b.page.Entries) == 0:
		return b.title(), []string{m.theme.quiet.Render("asking the peer …")}
	case len(b.page.Entries) == 0:
		return b.title(), paragraph(m.theme.quiet, b.nothing(), width)
	}
	title := fmt.Sprintf("%s · %d of %d", b.title(), b.keysList.at+1, len(b.page.Entries))
	if b.page.More {
		title += ", and more"
	}
	left := min(max(width/3, 16), 48)
	return title, beside(b.keyColumn(m, left, height), b.valueColumn(m, width-left, height))
}

// nothing says why there is no key.
func (b *browser) nothing() string {
	switch {
	case b.query.Prefix != "":
		return "no keys that begin with " + b.query.Prefix + "; / and Enter ask for all"
	case b.query.Collection != "":
		return "no keys in this collection, or none that this peer may have"
	default:
		return "no keys: no transaction has written any"
	}
}

func (b *browser) keyColumn(m *model, width, height int) []string {
	from, to := b.keysList.window(height)
	var lines []string
	for i := from; i < to; i++ {
		line := fit(" "+label(b.page.Entries[i], b.query.History), width-1)
		if i == b.keysList.at {
			line = m.chosen(line, width-1)
		}
		lines = append(lines, line+m.theme.frame.Render("│"))
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width-1)+m.theme.frame.Render("│"))
	}
	return lines
}

func (b *browser) valueColumn(m *model, width, height int) []string {
	e, _ := b.chosen()
	lines := pretty(e.Value, width-1)
	if e.IsDelete {
		lines = []string{m.theme.bad.Render("deleted")}
	}
	b.value.held = true
	b.value.grew(max(len(lines)-height+1, 1))
	lines = lines[min(b.value.at, len(lines)):]
	lines = lines[:min(len(lines), height)]
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return lines
}

// label is a key as people read it: a composite one by its parts.
func label(e state.Entry, history bool) string {
	if history {
		label := ansi.Truncate(e.TxID, 12, "…")
		if e.Time != nil {
			label = e.Time.Local().Format("01-02 15:04:05 ") + label
		}
		return label
	}
	if c := e.Composite; c != nil {
		return safe(c.ObjectType + " " + strings.Join(c.Attributes, " "))
	}
	return safe(e.Key)
}
