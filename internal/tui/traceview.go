package tui

import (
	"bytes"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/charmbracelet/colorprofile"
)

// traceView is one transaction as a waterfall, for each peer that has executed it.
type traceView struct {
	tx     transaction
	traces []trace.Trace
	err    error
	lines  list
}

func newTraceView(t transaction) *traceView { return &traceView{tx: t} }

type traceMsg struct {
	txid   string
	traces []trace.Trace
	err    error
}

func (v *traceView) open(m *model) tea.Cmd {
	return m.do(func() tea.Msg {
		traces, err := m.options.Backend.Trace(m.ctx, v.tx.TxID, session.TraceOptions{Chaincode: v.tx.Chaincode})
		return traceMsg{v.tx.TxID, traces, err}
	})
}

func (v *traceView) message(_ *model, msg tea.Msg) (overlay, tea.Cmd) {
	if msg, ok := msg.(traceMsg); ok && msg.txid == v.tx.TxID {
		v.traces, v.err = msg.traces, msg.err
	}
	return v, nil
}

func (v *traceView) key(m *model, k tea.KeyPressMsg) (overlay, tea.Cmd) {
	v.lines.held = true
	if v.lines.travel(k.String(), max(m.height-6, 1)) {
		v.lines.held = true
		return v, nil
	}
	switch k.String() {
	case "esc", "q", "enter":
		return nil, nil
	case "y":
		return v, m.copyCall(v.now(m), ccdevCall)
	case "Y":
		return v, m.copyCall(v.now(m), peerCall)
	}
	return v, nil
}

// now is the transaction as it is known by now: its block may have come since.
func (v *traceView) now(m *model) transaction {
	if i := m.world.find(v.tx.TxID, v.tx.Chaincode); i >= 0 {
		return m.world.txs[i]
	}
	return v.tx // too old to be in the list any more
}

func (v *traceView) view(m *model, width, height int) (string, []string) {
	lines := m.verdict(v.now(m), width)
	switch {
	case v.err != nil:
		lines = append(lines, m.explain(width, fault.From(v.err))...)
	case v.traces == nil:
		lines = append(lines, m.theme.quiet.Render("asking the relay …"))
	}
	for _, t := range v.traces {
		var b bytes.Buffer
		t.Start = t.Start.Local()
		_ = trace.Waterfall(&b, t, width, m.profile > colorprofile.ASCII) // a buffer takes all
		lines = append(lines, strings.Split(strings.TrimRight(b.String(), "\n"), "\n")...)
		lines = append(lines, "")
	}
	v.lines.held = true
	v.lines.grew(max(len(lines)-height+1, 1))
	return "transaction " + v.tx.TxID, lines[min(v.lines.at, len(lines)):]
}

// verdict is what has become of a transaction on the ledger.
func (m *model) verdict(t transaction, width int) []string {
	switch {
	case t.code == valid:
		return []string{m.theme.good.Render(fmt.Sprintf("✓ VALID in block %d", t.block)), ""}
	case t.code != "":
		lines := []string{m.theme.bad.Render(fmt.Sprintf("✗ %s in block %d: it has changed nothing", t.code, t.block))}
		return append(append(lines, wrap(gateway.Meaning(t.code), width)...), "")
	case t.Error != "":
		return append(append(paragraph(m.theme.bad, "✗ failed: it has changed nothing", width),
			wrap("→ each peer's own message is below; what the chaincode wrote is in its log: 2, then ] up to [chaincode]", width)...), "")
	case !m.world.known(t):
		return append(paragraph(m.theme.info, "answered; not known in which block it is, if in any: blocks as old as that were not read", width), "")
	default:
		return []string{m.theme.quiet.Render("answered; it is in no block (an evaluation never is)"), ""}
	}
}

func (v *traceView) keys() []binding {
	var all []binding
	if v.lines.length > 1 {
		all = append(all, binding{"↑↓", "scroll"})
	}
	return append(all, []binding{{"y", "copy as ccdev"}, {"Y", "copy as peer"}, {"Esc", "close"}}...)
}
