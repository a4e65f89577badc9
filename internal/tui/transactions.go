package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/printer"
	"github.com/charmbracelet/x/ansi"
)

// valid is the code of a transaction that has changed the ledger.
const valid = "VALID"

func (m *model) transactionsPane(a area) []string {
	txs := m.world.txs
	from, to := m.txs.window(max(a.height-2, 1))
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		line := " " + m.transactionLine(txs[i], a.width-3)
		if i == m.txs.at && m.focus == paneTransactions {
			line = m.chosen(ansi.Strip(line), a.width-2)
		}
		lines = append(lines, line)
	}
	if len(txs) == 0 {
		none := "none yet"
		if m.world.running() {
			none = `none yet: i calls a function, and so does "ccdev invoke FUNCTION [ARG…]"`
		}
		lines = paragraph(m.theme.quiet, none, a.width-2)
	}
	var notes []string
	if len(txs) > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d", m.txs.at+1, len(txs)))
	}
	if d := m.calling; d != nil && d.running {
		notes = append(notes, "… a call runs, i shows it")
	}
	note := strings.Join(notes, " · ")
	return m.box("3 transactions", note, lines, a, m.focus == paneTransactions)
}

func (m *model) transactionLine(t transaction, width int) string {
	outcome := m.outcome(t)
	where := fmt.Sprintf("gen %d", t.Generation)
	if t.block > 0 {
		where = fmt.Sprintf("block %d  %s", t.block, where)
	}
	if t.peers > 1 {
		where += fmt.Sprintf("  %d peers", t.peers)
	}
	name := max(min(width-60, 40), 14)
	line := m.theme.quiet.Render(t.Began.Local().Format("15:04:05")) + "  " + fit(safe(t.Function), name) + " " +
		fit(fmt.Sprintf("%8s", took(t.Took)), 8) + "  " + outcome + "  "
	if room := width - ansi.StringWidth(line); room >= len(where) {
		line += m.theme.quiet.Render(where)
	}
	if t.Error != "" {
		line += "  " + safe(firstLine(t.Error))
	} else if room := width - ansi.StringWidth(line) - 2; room > 12 {
		line += "  " + m.theme.quiet.Render(ansi.Truncate(safe(t.Caller), room, "…"))
	}
	return line
}

func took(d time.Duration) string {
	if d < time.Millisecond {
		return "<1 ms"
	}
	return printer.Duration(d)
}

// outcome is how a transaction has ended, as a word.
func (m *model) outcome(t transaction) string {
	const width = 9
	switch {
	case t.Error != "":
		return m.theme.bad.Render(fit("✗ failed", width))
	case t.code == valid:
		return m.theme.good.Render(fit("✓ VALID", width))
	case t.code != "":
		return m.theme.bad.Render("✗ " + t.code)
	case !m.world.known(t):
		return m.theme.info.Render(fit("unknown", width))
	default:
		return m.theme.info.Render(fit("answered", width))
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// selected is the transaction that the list stands at.
func (m *model) selected() (transaction, bool) {
	if m.txs.at >= len(m.world.txs) {
		return transaction{}, false
	}
	return m.world.txs[m.txs.at], true
}
