package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/printer"
)

// outcome shows how the last call has ended.
func (d *drawer) outcome(m *model, width, height int) []string {
	if d.running {
		return []string{m.theme.busy.Render(" … calling")}
	}
	r := d.result
	if r == nil || height < 1 {
		return nil
	}
	var lines []string
	if r.fault != nil {
		lines = m.explain(width-2, r.fault)
	} else {
		lines = append(lines, m.theme.good.Render(r.outcome())+m.theme.quiet.Render("  "+r.call.line()+"  "+printer.Duration(r.value.Took)))
		lines = append(lines, pretty(r.value.Payload, width-2)...)
	}
	d.lines.held = true
	d.lines.grew(max(len(lines)-height+1, 1))
	shown := lines[min(d.lines.at, len(lines)):]
	for i := range shown {
		shown[i] = " " + shown[i]
	}
	return shown
}

// outcome says in a few words how a call has ended.
func (r result) outcome() string {
	switch {
	case r.fault != nil:
		return "✗ failed"
	case r.call.Submit:
		return fmt.Sprintf("✓ %s in block %d", r.value.Status, r.value.Block)
	}
	return "✓ answered"
}

// pretty is a payload as lines: JSON indented, else as it is.
func pretty(payload []byte, width int) []string {
	var b bytes.Buffer
	text := string(payload)
	if json.Indent(&b, payload, "", "  ") == nil {
		text = b.String()
	}
	if text == "" {
		return []string{"(an empty answer)"}
	}
	var lines []string
	for _, l := range strings.Split(safeText(strings.ToValidUTF8(text, "\uFFFD")), "\n") {
		lines = append(lines, wrap(l, width)...)
	}
	return lines
}
