package tui

import (
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/event"
)

// transaction is one as its peers have executed it.
type transaction struct {
	event.Transaction
	peers int
	code  string // the validation code; empty while it is in no block that was told
	block uint64
}

// maxTransactions are kept on the screen; "ccdev trace" has as many.
const maxTransactions = 1000

// ledger are the transactions on the screen, and what blocks say of them.
type ledger struct {
	txs    []transaction // in the order in which they began
	blocks uint64        // that there are
	// commits are of the transactions of the last blocks, by ID; ids has theirs, oldest first. A block
	// may be told before its transactions are.
	commits map[string]commit
	ids     []string
	whole   bool      // all blocks were told
	since   time.Time // whatever began then or later is in no other block than those told; zero: none was
}

type commit struct {
	code  string
	block uint64
}

// find gives the place of a transaction in the list; less than none where it is not there.
func (l *ledger) find(txid, chaincode string) int {
	for i := len(l.txs) - 1; i >= 0; i-- {
		if t := l.txs[i]; t.TxID == txid && t.Chaincode == chaincode {
			return i
		}
	}
	return -1
}

func (l *ledger) transact(e event.Transaction) {
	if i := l.find(e.TxID, e.Chaincode); i >= 0 {
		t := &l.txs[i]
		t.peers++
		t.Took = max(t.Took, e.Took)
		if t.Error == "" {
			t.Error = e.Error
		}
		return
	}
	t := transaction{Transaction: e, peers: 1}
	l.match(&t)
	at := len(l.txs)
	for at > 0 && l.txs[at-1].Began.After(e.Began) {
		at--
	}
	l.txs = slices.Insert(l.txs, at, t)
	if extra := len(l.txs) - maxTransactions; extra > 0 {
		l.txs = slices.Delete(l.txs, 0, extra)
	}
}

func (l *ledger) commit(e event.Block, now time.Time) {
	if l.since.IsZero() {
		l.since, l.whole, l.commits = now, e.Number == 0, map[string]commit{}
	}
	l.blocks = max(l.blocks, e.Number+1)
	for _, b := range e.Transactions {
		l.commits[b.TxID] = commit{b.Code, e.Number}
		l.ids = append(l.ids, b.TxID)
		for i := range l.txs {
			if l.txs[i].TxID == b.TxID {
				l.match(&l.txs[i])
			}
		}
	}
	for len(l.ids) > 2*maxTransactions {
		delete(l.commits, l.ids[0])
		l.ids = l.ids[1:]
	}
}

// match gives a transaction what its block says of it.
func (l *ledger) match(t *transaction) {
	c, ok := l.commits[t.TxID]
	if !ok {
		return
	}
	t.code, t.block = c.code, c.block
	if t.Began.Before(l.since) {
		l.since = t.Began
	}
}

// known says whether it is known in which block a transaction is, or that it is in none.
func (l *ledger) known(t transaction) bool {
	return t.code != "" || l.whole || !l.since.IsZero() && !t.Began.Before(l.since)
}
