package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/charmbracelet/x/ansi"
)

// statusPane tells what is going on: what has failed and what to do, or the steps, or the services.
func (m *model) statusPane(a area) []string {
	room := area{a.width - 2, a.height - 2}
	lines := m.story(room.width)
	m.status.grew(max(len(lines)-room.height+1, 1))
	top := 0
	if m.status.held {
		top = m.status.at
	}
	note := ""
	if len(lines) > room.height {
		note = counted(len(lines)-room.height, "more line")
	}
	return m.box("1 status", note, lines[min(top, len(lines)):], a, m.focus == paneStatus)
}

// story are all lines of the status pane.
func (m *model) story(width int) []string {
	w := &m.world
	switch w.mode() {
	case modeBooting, modeDeploying:
		return m.checklist(width)
	case modeNotUp, modeDown:
		return append(m.explain(width, w.failed), m.checklist(width)...)
	case modeCrashed:
		return append(m.crash(width), m.about(width)...)
	case modeFailed:
		return append(m.buildFailure(width), m.about(width)...)
	case modePartial:
		return append(m.missing(width), m.about(width)...)
	case modeRebuilding:
		return append(m.rebuilding(width), m.about(width)...)
	default:
		return slices.Concat(m.recovered(width), m.lastChange(width), m.about(width))
	}
}

// checklist are the steps with their times.
func (m *model) checklist(width int) []string {
	if len(m.world.steps) == 0 {
		return []string{m.theme.busy.Render("… looking at what is there")}
	}
	lines := make([]string, 0, len(m.world.steps))
	for _, s := range m.world.steps {
		lines = append(lines, m.stepLine(s, width))
		if s.state == stepRunning && s.doing != "" {
			lines = append(lines, m.theme.quiet.Render(ansi.Truncate("  "+safe(s.doing), width, "…")))
		}
	}
	return lines
}

func (m *model) stepLine(s step, width int) string {
	glyph, took := m.theme.quiet.Render("-"), ""
	switch s.state {
	case stepRunning:
		glyph, took = m.theme.busy.Render("…"), printer.Duration(m.now.Sub(s.began).Round(100*time.Millisecond))
		if s.total > 0 {
			took = fmt.Sprintf("%d/%d", s.done, s.total)
		}
	case stepDone:
		glyph, took = m.theme.good.Render("✓"), printer.Duration(s.took)
	case stepFailed:
		glyph, took = m.theme.bad.Render("✗"), "failed"
	default:
		took = string(s.state)
	}
	name := ansi.Truncate(safe(s.name), max(width-ansi.StringWidth(took)-4, 1), "…")
	return fit(glyph+" "+name, max(width-ansi.StringWidth(took)-1, 1)) + " " + m.theme.quiet.Render(took)
}

func (m *model) crash(width int) []string {
	cc := m.world.crashed()
	lines := paragraph(m.theme.bad, "✗ "+cc.Name+" crashed", width)
	if cc.Crash != nil {
		lines = append(lines, m.lastWords(*cc.Crash, width)...)
	}
	lines = append(lines, wrap(safeText(cc.Reason), width)...)
	return append(lines, "", m.hint("r", "tries again"), "")
}

// missing tells of services that do not run, though the network needs them.
func (m *model) missing(width int) []string {
	var lines []string
	for _, s := range m.world.status.Services {
		if s.State != runtime.Running {
			lines = append(lines, paragraph(m.theme.bad, "✗ "+s.Name+" does not run", width)...)
		}
	}
	if lines == nil {
		lines = paragraph(m.theme.bad, "✗ not every service is there", width)
	}
	lines = append(lines, wrap("calls will fail, some or all of them", width)...)
	return append(lines, "", m.hint("r", "starts what is missing"), m.hint("2 and ]", "lead to its log"), "")
}

// lastWords are how a generation has ended.
func (m *model) lastWords(c session.Crash, width int) []string {
	lines := wrap(fmt.Sprintf("generation %d: %s at %s", c.Generation, safe(c.Exit), c.At.Local().Format("15:04:05")), width)
	return append(lines, m.quoted(c.Log, width)...)
}

// recovered tells of chaincodes that have crashed, and serve all the same.
func (m *model) recovered(width int) []string {
	var lines []string
	for _, cc := range m.world.status.Chaincodes {
		if cc.Crash == nil || cc.Reason != "" {
			continue
		}
		lines = append(lines, paragraph(m.theme.bad, "✗ "+cc.Name+" has crashed, and serves again", width)...)
		lines = append(lines, m.lastWords(*cc.Crash, width)...)
		lines = append(lines, "")
	}
	return lines
}

func (m *model) buildFailure(width int) []string {
	c := m.world.failure()
	head := "✗ " + c.Chaincode + ": the change failed"
	if c.Generation > 0 {
		head = fmt.Sprintf("✗ generation %d failed", c.Generation)
	}
	lines := paragraph(m.theme.bad, head, width)
	if g := m.serving(c.Chaincode); g > 0 {
		lines = append(lines, m.theme.good.Render(fmt.Sprintf("● serving generation %d", g)))
	}
	lines = append(lines, "")
	for _, l := range c.fault.Log {
		lines = append(lines, wrap(safe(l), width)...)
	}
	lines = append(lines, wrap(safeText(c.fault.What), width)...)
	if c.fault.Fix != "" {
		lines = append(lines, "")
		lines = append(lines, wrap("→ "+safeText(c.fault.Fix), width)...)
	}
	if m.watching {
		lines = append(lines, wrap("→ each save is tried at once", width)...)
	}
	if _, ok := place(c.fault); ok {
		lines = append(lines, "", m.hint("Enter", "opens the place in $EDITOR"))
	}
	return append(lines, "")
}

// serving is the generation that answers now.
func (m *model) serving(chaincode string) int {
	for _, cc := range m.world.status.Chaincodes {
		if cc.Name == chaincode {
			return cc.Generation
		}
	}
	return 0
}

func (m *model) rebuilding(width int) []string {
	var lines []string
	for _, c := range m.world.changes {
		if !c.onItsWay() {
			continue
		}
		lines = append(lines, paragraph(m.theme.busy, "… "+c.Chaincode+": "+c.Phase, width)...)
		if len(c.Files) > 0 {
			lines = append(lines, wrap("  "+safe(strings.Join(c.Files, ", ")), width)...)
		}
		if g := m.serving(c.Chaincode); g > 0 {
			lines = append(lines, wrap(fmt.Sprintf("generation %d keeps serving", g), width)...)
		}
	}
	return append(lines, "")
}

func (m *model) lastChange(width int) []string {
	var lines []string
	for _, c := range m.world.changes {
		if c.Phase != phaseLive || c.Generation == 0 {
			continue
		}
		lines = append(lines, paragraph(m.theme.good, "✓ "+c.Chaincode+": changed → live in "+printer.Duration(c.Since), width)...)
		if len(c.Files) > 0 {
			lines = append(lines, wrap("  "+safe(strings.Join(c.Files, ", ")), width)...)
		}
	}
	if lines == nil {
		return nil
	}
	return append(lines, "")
}

// about are the services and chaincodes.
func (m *model) about(width int) []string {
	var lines []string
	st := m.world.status
	for _, s := range st.Services {
		line := m.service(s)
		lines = append(lines, line)
		if s.Address != "" {
			lines = append(lines, m.theme.quiet.Render("  "+s.Address))
		}
	}
	for _, cc := range st.Chaincodes {
		numbers := fmt.Sprintf("generation %d", cc.Generation)
		if cc.Generation == 0 {
			numbers = "no generation runs"
		}
		if cc.Sequence > 0 { // a peer has told it
			numbers = fmt.Sprintf("sequence %d, ", cc.Sequence) + numbers
		}
		lines = append(lines, "", m.theme.strong.Render(cc.Name)+fmt.Sprintf(" version %s", cc.Version), "  "+numbers)
		if cc.External != nil {
			lines = append(lines, wrap("  "+cc.External.String(), width)...)
		}
		if cc.Debugger != "" {
			lines = append(lines, m.theme.busy.Render("  being debugged"))
			lines = append(lines, wrap("  at "+cc.Debugger+`; saves go live when "ccdev debug" ends`, width)...)
		}
		lines = append(lines, m.theme.quiet.Render("  "+shortened(cc.PackageID)))
	}
	if m.world.statusErr != nil {
		lines = append(lines, "", m.theme.bad.Render("status unknown"))
		lines = append(lines, wrap(safeText(m.world.statusErr.Error()), width)...)
	}
	return lines
}

// shortened is a package ID with as much of its hash as tells it from others; "ccdev status" has all.
func shortened(packageID string) string {
	label, hash, _ := strings.Cut(packageID, ":")
	if len(hash) > 12 {
		hash = hash[:12] + "…"
	}
	return label + ":" + hash
}

func (m *model) hint(key, does string) string { return m.theme.key.Render(key) + " " + does }

// quoted are the lines of a log that explains something.
func (m *model) quoted(log []string, width int) []string {
	var lines []string
	for _, l := range log {
		for _, w := range wrap(safe(l), width-2) {
			lines = append(lines, m.theme.quiet.Render("│ ")+w)
		}
	}
	return lines
}

// paragraph is a text in a style, broken into lines.
func paragraph(style lipgloss.Style, text string, width int) []string {
	lines := wrap(text, width)
	for i := range lines {
		lines[i] = style.Render(lines[i])
	}
	return lines
}

// wrap breaks a text into lines of a width.
func wrap(text string, width int) []string {
	return strings.Split(ansi.Wrap(text, max(width, 1), "/:"), "\n")
}
