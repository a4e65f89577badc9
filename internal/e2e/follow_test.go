package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/session"
)

// following is what a session tells of a network's transactions and blocks.
type following struct {
	*testing.T
	dir     string
	session *session.Session
	told    chan event.Event
	blocks  []event.Block
	calls   []event.Transaction
}

func follow(t *testing.T, dir string, past bool) *following {
	t.Helper()
	f := &following{T: t, dir: dir, told: make(chan event.Event, 1000)}
	var err error
	f.session, err = session.Open(session.Options{Dir: dir, CacheDir: shared.cache, Getenv: os.Getenv, Events: func(e event.Event) { f.told <- e }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.session.Transactions(ctx, past) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f
}

// until takes what is told until it satisfies.
func (f *following) until(what string, satisfied func() bool) {
	f.Helper()
	for limit := time.After(patience); !satisfied(); {
		select {
		case e := <-f.told:
			f.take(e)
		case <-limit:
			f.Fatalf("%s: not told; transactions %+v, blocks %+v", what, f.calls, f.blocks)
		}
	}
}

func (f *following) take(e event.Event) {
	switch e := e.(type) {
	case event.Transaction:
		f.calls = append(f.calls, e)
	case event.Block:
		f.blocks = append(f.blocks, e)
	}
}

// code is the validation code of a transaction, once its block was told.
func (f *following) code(txid string) string {
	for _, b := range f.blocks {
		for _, tx := range b.Transactions {
			if tx.TxID == txid {
				return tx.Code
			}
		}
	}
	return ""
}

// call is one of the assets' functions, called by the user who calls by default.
func call(function string, args ...string) session.Call {
	c := session.Call{Chaincode: "assets", Function: function}
	for _, a := range args {
		c.Args = append(c.Args, []byte(a))
	}
	return c
}

// invoke submits a call, which must be committed.
func (f *following) invoke(function string, args ...string) (txid string) {
	f.Helper()
	result, err := f.session.Invoke(f.Context(), call(function, args...))
	if err != nil {
		f.Fatal(err)
	}
	return result.TxID
}

// executed is what was told of the execution of a transaction.
func (f *following) executed(txid string) (event.Transaction, bool) {
	for _, c := range f.calls {
		if c.TxID == txid {
			return c, true
		}
	}
	return event.Transaction{}, false
}

// expect waits until a transaction and its block were told.
func (f *following) expect(txid, code string) event.Transaction {
	f.Helper()
	f.until("transaction "+txid, func() bool { _, told := f.executed(txid); return told && f.code(txid) != "" })
	if got := f.code(txid); got != code {
		f.Errorf("%s is %s, want %s", txid, got, code)
	}
	told, _ := f.executed(txid)
	return told
}

// conflict changes one asset by several transactions at a time, until one of them is too late.
func (f *following) conflict() {
	f.Helper()
	for conflicts := 0; conflicts == 0; {
		var txids [4]string
		var all sync.WaitGroup
		for i := range txids {
			all.Go(func() {
				result, _ := f.session.Invoke(f.Context(), call("TransferAsset", "asset1", "bob")) // its code tells
				txids[i] = result.TxID
			})
		}
		all.Wait()
		for _, txid := range txids {
			f.until("block of "+txid, func() bool { return f.code(txid) != "" })
			switch code := f.code(txid); code {
			case "VALID":
			case "MVCC_READ_CONFLICT":
				conflicts++
			default:
				f.Fatalf("%s is %s", txid, code)
			}
		}
	}
}

// once checks that nothing was left out, or told twice.
func (f *following) once() {
	f.Helper()
	for i, b := range f.blocks {
		if i > 0 && b.Number != f.blocks[i-1].Number+1 {
			f.Errorf("block %d was told after block %d", b.Number, f.blocks[i-1].Number)
		}
	}
	seen := map[string]bool{}
	for _, c := range f.calls {
		if seen[c.TxID] {
			f.Errorf("%s was told twice", c.TxID)
		}
		seen[c.TxID] = true
	}
}

// Each execution and each block is told once, with the right code, however often peer and relay are
// started again; and a chaincode tells what it can be asked to do.
func TestTransactions(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		mustRun(t, ccdev(dir, "init", "assets", "--template", "go"))
		config := "chaincodes: [{name: assets, path: assets}, {name: shim, path: .}]\n"
		if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		bringUp(t, dir, runtime)
		f := follow(t, dir, false)
		for i := 0; len(f.blocks) == 0 || len(f.calls) == 0; i++ { // until both are followed
			f.invoke("CreateAsset", fmt.Sprint("sounding", i), "alice", "1")
			for more := true; more; {
				select {
				case e := <-f.told:
					f.take(e)
				case <-time.After(100 * time.Millisecond):
					more = false
				}
			}
		}

		told := f.expect(f.invoke("CreateAsset", "asset1", "alice", "100"), "VALID")
		if told.Caller != "Admin@Org1MSP" || told.Peer != "peer0.org1" || told.Function != "CreateAsset" || told.Chaincode != "assets" ||
			told.Generation != 1 || told.Requests != 2 || told.Error != "" || told.Took <= 0 {
			t.Errorf("it is told as %+v", told)
		}
		if _, err := f.session.Query(t.Context(), call("ReadAsset", "gone")); err == nil {
			t.Error("there is an asset that is not there")
		}
		f.until("a failed execution", func() bool { return strings.Contains(f.calls[len(f.calls)-1].Error, "there is no asset gone") })
		f.conflict()

		for _, service := range []string{"peer0.org1", "chaincode-assets"} {
			if err := crashService(dir, service); err != nil {
				t.Fatal(err)
			}
			mustRun(t, ccdev(dir, "up", "-d"))
			f.expect(f.invoke("CreateAsset", "after "+service, "alice", "1"), "VALID")
		}
		f.once()
		last := f.calls[len(f.calls)-1].TxID
		f = follow(t, dir, true)
		f.expect(last, "VALID") // which the relay keeps, and the blocks have
		f.expect(f.invoke("CreateAsset", "asset2", "alice", "1"), "VALID")
		if f.blocks[0].Number != 0 {
			t.Errorf("the past begins with block %d", f.blocks[0].Number)
		}
		f.once()

		c, err := f.session.Contract(t.Context(), "assets")
		if err != nil || len(c.Functions) != 6 || c.Functions[1].Name != "CreateAsset" || len(c.Functions[1].Parameters) != 3 {
			t.Errorf("the contract is %+v (%v)", c, err)
		}
		if c, err := f.session.Contract(t.Context(), "shim"); err != nil || len(c.Functions) != 0 {
			t.Errorf("the contract of a shim is %+v (%v)", c, err)
		}
	})
}
