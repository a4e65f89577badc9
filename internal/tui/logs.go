package tui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/scrollback"
	"github.com/charmbracelet/x/ansi"
)

// sourceBuild is where the log of builds and deployments comes from.
const sourceBuild = "build"

// tabs are the sources that can be looked at by themselves.
var tabs = []struct {
	name string
	keep func(source string) bool
}{
	{"all", nil},
	{"build", func(s string) bool { return s == sourceBuild }},
	{"chaincode", func(s string) bool { return strings.HasPrefix(s, "chaincode-") }},
	{"peer", func(s string) bool { return strings.HasPrefix(s, "peer") || strings.HasPrefix(s, "couchdb") }}, // its database
	{"orderer", func(s string) bool { return strings.HasPrefix(s, "orderer") }},
}

// Widths of what stands before a line.
const (
	tagWidth  = 12
	timeWidth = len("15:04:05.000 ")
)

// margin is how many cells stand before each line.
func (m *model) margin() int {
	width := 0
	if tabs[m.tab].keep == nil {
		width = tagWidth
	}
	if m.times {
		width += timeWidth
	}
	return width
}

func (m *model) choose(tab int) {
	m.tab = (tab + len(tabs)) % len(tabs)
	m.logs.Sources(tabs[m.tab].keep)
}

func (m *model) logsPane(a area) []string {
	rows := m.logs.Rows()
	lines := make([]string, 0, len(rows))
	for _, r := range rows {
		lines = append(lines, m.logRow(r))
	}
	if len(lines) == 0 {
		lines = []string{m.theme.quiet.Render(m.nothing())}
	}
	return m.box("2 logs  "+m.tabsText(), m.logNote(), lines, a, m.focus == paneLogs)
}

// nothing says why there is no line.
func (m *model) nothing() string {
	switch {
	case m.logs.Cleared():
		return "cleared; C shows what was there"
	case m.filter != "":
		return "no line contains " + m.filter + "; & and Enter end the filter"
	default:
		return "nothing has been written yet"
	}
}

func (m *model) tabsText() string {
	names := make([]string, len(tabs))
	for i, t := range tabs {
		names[i] = t.name
		if i == m.tab {
			names[i] = "[" + t.name + "]"
		}
	}
	return strings.Join(names, " ")
}

// logNote tells the position, and what is switched on.
func (m *model) logNote() string {
	first, last, total := m.logs.Position()
	parts := []string{fmt.Sprintf("%d-%d of %d", first, last, total)}
	if text := m.filter; text != "" {
		parts = append(parts, "filter: "+text)
	}
	if text := m.search; text != "" {
		now, all := m.logs.Hits()
		found := fmt.Sprintf("%s: %d of %d", text, now, all)
		if now == 0 {
			found = text + ": " + counted(all, "hit")
		}
		parts = append(parts, found)
	}
	for _, p := range []struct {
		on   bool
		text string
	}{
		{m.logs.Following(), "following"}, {!m.logs.Following() && !m.logs.Selecting(), "paused, s follows"}, {m.logs.Wrapping(), "wrapped"},
		{m.logs.Prettying(), "JSON"}, {m.logs.Cleared(), "cleared"}, {m.logs.Selecting(), "selecting"},
	} {
		if p.on {
			parts = append(parts, p.text)
		}
	}
	return strings.Join(parts, " · ")
}

func (m *model) logRow(r scrollback.Row) string {
	var b strings.Builder
	if m.times {
		stamp := strings.Repeat(" ", timeWidth)
		if r.First && !r.Line.Time.IsZero() {
			stamp = r.Line.Time.Local().Format("15:04:05.000") + " "
		}
		b.WriteString(m.theme.quiet.Render(stamp))
	}
	if tabs[m.tab].keep == nil {
		tag := ""
		if r.First {
			tag = ansi.Truncate(strings.TrimPrefix(r.Line.Source, "chaincode-"), tagWidth-1, "…")
		}
		b.WriteString(m.sourceStyle(r.Line.Source).Render(fit(tag, tagWidth-1)) + " ")
	}
	if r.Selected {
		b.WriteString(m.theme.chosen.Render(r.Text))
		return b.String()
	}
	b.WriteString(m.marked(r))
	return b.String()
}

// marked is a row's text with what was searched for marked in it.
func (m *model) marked(r scrollback.Row) string {
	if len(r.Hits) == 0 {
		return r.Text
	}
	style := m.theme.hit
	if r.Current {
		style = m.theme.hitNow
	}
	var b strings.Builder
	at := 0
	for _, h := range r.Hits {
		b.WriteString(r.Text[at:h[0]] + style.Render(r.Text[h[0]:h[1]]))
		at = h[1]
	}
	return b.String() + r.Text[at:]
}

// build adds lines to the log of builds and deployments.
func (m *model) build(lines ...string) {
	for _, l := range lines {
		m.buffer.Append(scrollback.Line{Time: m.now, Source: sourceBuild, Text: l})
	}
}

// chronicle writes down what happens besides the services' logs.
func (m *model) chronicle(e event.Event) {
	switch e := e.(type) {
	case event.StepStarted:
		m.build("… " + e.Step + ": " + e.Reason)
	case event.StepDone:
		m.build(strings.TrimSpace("✓ "+e.Step+" "+e.Note) + "  " + printer.Duration(e.Took))
	case event.StepSkipped:
		m.build("- " + e.Step + ": " + e.Reason + " already")
	case event.StepFailed:
		m.build("✗ " + e.Step + ": " + e.Error)
	case event.Notice:
		m.build(strings.Split(e.Text, "\n")...)
	case event.Change:
		m.chronicleChange(e)
	}
}

func (m *model) chronicleChange(e event.Change) {
	switch e.Phase {
	case "changed":
		if len(e.Files) > 0 {
			m.build(e.Chaincode + ": " + strings.Join(e.Files, ", ") + " changed")
		}
	case phaseLive:
		m.build(fmt.Sprintf("✓ %s: generation %d is live  %s", e.Chaincode, e.Generation, printer.Duration(e.Since)))
	case phaseFailed:
		i := slices.IndexFunc(m.world.changes, func(c change) bool { return c.Chaincode == e.Chaincode })
		f := m.world.changes[i].fault
		m.build(strings.Split("✗ "+e.Chaincode+": "+f.What, "\n")...)
		for _, l := range f.Log {
			m.build("  | " + l)
		}
		if f.Fix != "" {
			m.build("  fix: " + f.Fix)
		}
	}
}

// sourceStyle gives each source a colour of its own; its name stands there too.
func (m *model) sourceStyle(source string) lipgloss.Style {
	if source == sourceBuild {
		return m.theme.strong
	}
	sum := 0
	for _, b := range []byte(source) {
		sum += int(b)
	}
	return m.theme.sources[sum%len(m.theme.sources)]
}
