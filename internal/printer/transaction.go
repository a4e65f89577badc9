package printer

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/charmbracelet/x/ansi"
)

// What of a transaction is worth a place in its line, in columns.
const (
	txIDWidth  = 8
	errorWidth = 200
)

// transaction prints where and for how long a transaction was executed. The peer is left out as
// long as it was the only one.
func (p *Plain) transaction(e event.Transaction) {
	p.peer = cmp.Or(p.peer, e.Peer)
	p.peers = p.peers || e.Peer != p.peer
	line := fmt.Sprintf("  %s %s%s  generation %d", p.colored("\x1b[36m", "→"), Clean(e.Function),
		p.colored("\x1b[2m", "  "+Duration(e.Took)), e.Generation)
	if p.peers {
		line += "  " + Clean(e.Peer)
	}
	if e.Error != "" {
		first, _, _ := strings.Cut(e.Error, "\n")
		line += "  " + p.colored("\x1b[31m", "failed: "+ansi.Truncate(Clean(first), errorWidth, "…"))
	}
	p.line(line)
}

// block prints what a block has that did not change the ledger.
func (p *Plain) block(e event.Block) {
	for _, tx := range e.Transactions {
		if tx.Code != "VALID" {
			p.line(fmt.Sprintf("  %s block %d: %s is %s: %s", p.colored("\x1b[31m", "✗"), e.Number,
				ansi.Truncate(Clean(tx.TxID), txIDWidth, ""), Clean(tx.Code), gateway.Meaning(tx.Code)))
		}
	}
}
