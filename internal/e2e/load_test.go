package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/dial"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// load is a stream of transactions of versioned chaincodes that runs until it is stopped. It
// notices when an older version answers than the one that was live when the call began.
type load struct {
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu                   sync.Mutex
	submitted, evaluated int
	live                 map[string]int // the newest version of a chaincode whose delivery has been acknowledged
	txids                []string       // of the transactions that were acknowledged
	failures             []error
	stale                []string
}

// startLoad has workers submit and evaluate, each with a client of its own, and each org's in turn.
// A path is the chaincode that is called, and the one that is called through it, if any; the workers
// take the paths in turn.
func startLoad(t *testing.T, n network.Network, workers int, paths ...[]string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel, live: map[string]int{}}
	for w := range workers {
		c, err := gateway.Connect(n, n.Orgs[w%len(n.Orgs)], network.AdminUser)
		if err != nil {
			t.Fatal(err)
		}
		path := paths[w/len(n.Orgs)%len(paths)]
		l.all.Go(func() {
			defer c.Close() //nolint:errcheck // the load is over
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("w%d-%d", w, i)
				l.call(c.Submit, n.Channel, path, "put", key, key)
				l.call(c.Evaluate, n.Channel, path, "version")
			}
		})
	}
	return l
}

// call makes one call, in a context of its own: the end of the load must not look like a failure.
func (l *load) call(do func(context.Context, gateway.Call) (gateway.Result, error), channel string, path []string, args ...string) {
	if len(path) > 1 {
		args = append([]string{"through", path[1]}, args...)
	}
	call := gateway.Call{Channel: channel, Chaincode: path[0], Function: args[0]}
	for _, arg := range args[1:] {
		call.Args = append(call.Args, []byte(arg))
	}
	floor := l.floor(path)
	r, err := do(context.Background(), call)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failures = append(l.failures, err)
		return
	}
	if r.Status == "" {
		l.evaluated++
	} else {
		l.submitted++
		l.txids = append(l.txids, r.TxID)
	}
	answered := strings.Fields(string(r.Payload))
	for i, live := range floor {
		var version int
		if i < len(answered) {
			_, err = fmt.Sscanf(answered[i], versionName(0)[:8]+"%d", &version)
		}
		if i >= len(answered) || err != nil || version < live {
			l.stale = append(l.stale, fmt.Sprintf("%s: %q answers a call that began when version %d was live", r.TxID, r.Payload, live))
		}
	}
}

// floor is what must answer a call that begins now, or newer.
func (l *load) floor(path []string) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	var versions []int
	for _, chaincode := range path {
		versions = append(versions, l.live[chaincode])
	}
	return versions
}

// delivered notes that a version is live.
func (l *load) delivered(chaincode string, version int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[chaincode] = version
}

// stop ends the load.
func (l *load) stop() {
	l.cancel()
	l.all.Wait()
}

// check fails for whatever a caller could complain of: a call that failed, one that old code
// answered, and a transaction that was acknowledged and is not on the chain once and valid.
func (l *load) check(t *testing.T, n network.Network) {
	t.Helper()
	chain := chainOf(t, n)
	bad := l.stale
	for _, err := range l.failures {
		bad = append(bad, "a transaction failed: "+err.Error())
	}
	for _, txid := range l.txids {
		if codes := chain[txid]; len(codes) != 1 || codes[0] != peer.TxValidationCode_VALID {
			bad = append(bad, fmt.Sprintf("transaction %s was acknowledged, and is on the chain as %v", txid, codes))
		}
	}
	if len(l.txids) == 0 || l.evaluated == 0 {
		bad = append(bad, "nothing was called")
	}
	for _, text := range bad[:min(len(bad), 10)] {
		t.Error(text)
	}
	t.Logf("%d submitted, %d evaluated, %d failed, %d answered by old code, %d checked among the %d transactions of the chain",
		l.submitted, l.evaluated, len(l.failures), len(l.stale), len(l.txids), len(chain))
}

// chainOf reads the whole chain of the first org's peer: how often each transaction is on it, and
// what became of it.
func chainOf(t *testing.T, n network.Network) map[string][]peer.TxValidationCode {
	t.Helper()
	status, err := statusOf(n.Dir)
	if err != nil {
		t.Fatal(err)
	}
	org := n.Orgs[0]
	id, err := msp.LoadUser(n, org.Domain, network.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := dial.Peer(n, org, org.Peers[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was only read
	gw, err := client.Connect(id, client.WithSign(id.SignDigest), client.WithClientConnection(conn))
	if err != nil {
		t.Fatal(err)
	}
	defer gw.Close() //nolint:errcheck // always nil
	blocks, err := gw.GetNetwork(n.Channel).FilteredBlockEvents(t.Context(), client.WithStartBlock(0))
	if err != nil {
		t.Fatal(err)
	}
	chain := map[string][]peer.TxValidationCode{}
	for number := range status.Height {
		block, ok := <-blocks
		if !ok || block.GetNumber() != uint64(number) {
			t.Fatalf("the chain ends before block %d of %d, or goes on with block %d", number, status.Height, block.GetNumber())
		}
		for _, tx := range block.GetFilteredTransactions() {
			chain[tx.GetTxid()] = append(chain[tx.GetTxid()], tx.GetTxValidationCode())
		}
	}
	return chain
}
