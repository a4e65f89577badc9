package printer_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/google/go-cmp/cmp"
)

// someTransactions are executed on one peer, then on another, and come into a block.
var someTransactions = []event.Event{
	event.Transaction{Function: "CreateAsset", Peer: "peer0.org1", Generation: 3, Took: 12 * time.Millisecond},
	event.Transaction{Function: "Read\x1b[2JAsset", Peer: "peer0.org1", Generation: 3, Error: "there is no \x1b[1masset1\nand more"},
	event.Transaction{Function: "CreateAsset", Peer: "peer0.org2", Generation: 4, Took: 2 * time.Second},
	event.Transaction{Function: "CreateAsset", Peer: "peer0.org1", Generation: 4},
	event.Transaction{Function: "Fail", Peer: "peer0.org1", Generation: 4, Error: strings.Repeat("x", 500)},
	event.Block{Number: 7, Transactions: []event.BlockTransaction{
		{TxID: "0123456789abcdef", Code: "VALID"},
		{TxID: "123456789abcdef0", Code: "MVCC_READ_CONFLICT"},
		{TxID: "23456789abcdef01", Code: "BAD_RWSET"},
	}},
	event.Block{Number: 8, Transactions: []event.BlockTransaction{{Code: "VALID"}}},
}

func TestTransactionsGolden(t *testing.T) {
	for name, tc := range map[string]struct {
		style printer.Style
		want  string
	}{
		"into a file": {want: `
  → CreateAsset  12 ms  generation 3
  → ReadAsset  0 ms  generation 3  failed: there is no asset1
  → CreateAsset  2.0 s  generation 4  peer0.org2
  → CreateAsset  0 ms  generation 4  peer0.org1
  → Fail  0 ms  generation 4  peer0.org1  failed: ` + strings.Repeat("x", 199) + `…
  ✗ block 7: 12345678 is MVCC_READ_CONFLICT: another transaction changed a key that this one had read: submit it again
  ✗ block 7: 23456789 is BAD_RWSET: look at the peer's log: "ccdev logs"
`},
		"in colour": {style: printer.Style{Color: true}, want: `
  <36>→<0> CreateAsset<2>  12 ms<0>  generation 3
  <36>→<0> ReadAsset<2>  0 ms<0>  generation 3  <31>failed: there is no asset1<0>
  <36>→<0> CreateAsset<2>  2.0 s<0>  generation 4  peer0.org2
  <36>→<0> CreateAsset<2>  0 ms<0>  generation 4  peer0.org1
  <36>→<0> Fail<2>  0 ms<0>  generation 4  peer0.org1  <31>failed: ` + strings.Repeat("x", 199) + `…<0>
  <31>✗<0> block 7: 12345678 is MVCC_READ_CONFLICT: another transaction changed a key that this one had read: submit it again
  <31>✗<0> block 7: 23456789 is BAD_RWSET: look at the peer's log: "ccdev logs"
`},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.NewReplacer("\x1b[0m", "<0>", "\x1b[2m", "<2>", "\x1b[31m", "<31>", "\x1b[36m", "<36>").
				Replace(plain(tc.style, someTransactions...))
			if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransactionsAsJSON(t *testing.T) {
	var out bytes.Buffer
	j := printer.NewJSON(&out)
	j.Sink(event.Transaction{
		TxID: "01", Channel: "mychannel", Chaincode: "basic", Function: "Create", Caller: "alice@Org1MSP", Peer: "peer0.org1",
		Generation: 3, Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Took: time.Millisecond, Requests: 2, Error: "no",
	})
	j.Sink(event.Block{Channel: "mychannel", Number: 7, Transactions: []event.BlockTransaction{{TxID: "01", Code: "VALID"}}})
	want := `{"event":"transaction","txid":"01","channel":"mychannel","chaincode":"basic","function":"Create",` +
		`"caller":"alice@Org1MSP","peer":"peer0.org1","generation":3,"began":"2026-01-02T03:04:05Z","took_ns":1000000,"requests":2,"error":"no"}
{"event":"block","channel":"mychannel","number":7,"transactions":[{"txid":"01","code":"VALID"}]}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
