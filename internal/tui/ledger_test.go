package tui

import (
	"fmt"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/event"
)

// What is told on attaching comes in no order: each relay's executions, and the blocks beside them.
func TestLedgerOfWhatWasBefore(t *testing.T) {
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	tx := func(id, chaincode string, minute int) event.Transaction {
		return event.Transaction{TxID: id, Chaincode: chaincode, Began: at(minute)}
	}
	block := func(n uint64, id string) event.Block {
		return event.Block{Number: n, Transactions: []event.BlockTransaction{{TxID: id, Code: valid}}}
	}
	var l ledger
	l.transact(tx("third", "a", 3))
	if l.known(l.txs[0]) {
		t.Error("without any block it is known which one it is in")
	}
	l.commit(block(7, "second"), at(10))
	l.commit(block(8, "third"), at(10))
	for _, e := range []event.Transaction{tx("fifth", "a", 5), tx("first", "b", 1), tx("second", "b", 2), tx("second", "b", 2), tx("fourth", "b", 4)} {
		l.transact(e)
	}
	want := map[string]struct {
		block uint64
		known bool
	}{"first": {}, "second": {7, true}, "third": {8, true}, "fourth": {0, true}, "fifth": {0, true}}
	for i, id := range []string{"first", "second", "third", "fourth", "fifth"} {
		if got := l.txs[i]; got.TxID != id || got.block != want[id].block || l.known(got) != want[id].known {
			t.Errorf("at %d is %s, of block %d, known: %v", i, got.TxID, got.block, l.known(got))
		}
	}
	if l.txs[1].peers != 2 {
		t.Errorf("%d peers have executed it", l.txs[1].peers)
	}
	for i := range 3 * maxTransactions {
		l.commit(block(uint64(9+i), fmt.Sprint(i)), at(10))
	}
	if len(l.commits) > 2*maxTransactions || l.blocks != uint64(9+3*maxTransactions) {
		t.Errorf("%d commits are kept, of %d blocks", len(l.commits), l.blocks)
	}
	l = ledger{}
	l.commit(block(0, "genesis"), at(10))
	if l.transact(tx("first", "a", 1)); !l.known(l.txs[0]) {
		t.Error("of a ledger that was told as a whole it is not known")
	}
}

// Whoever stands at a transaction stays there when others come before it, or the oldest go.
func TestTheChosenTransactionStays(t *testing.T) {
	d := newDesk(t, 120, 40)
	live(d)
	d.press("3", "k")
	chosen, _ := d.m.selected()
	for i := range maxTransactions - 2 {
		d.happens(event.Transaction{TxID: fmt.Sprint(i), Chaincode: "assets", Began: morning.Add(time.Duration(i-10) * time.Minute)})
	}
	if now, ok := d.m.selected(); !ok || now.TxID != chosen.TxID {
		t.Errorf("it stands at %q, and stood at %q", now.TxID, chosen.TxID)
	}
}
