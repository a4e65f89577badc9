package session

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// followPace is how soon Transactions looks again for what has ended, or is new.
const followPace = 500 * time.Millisecond

// pastBlocks are told of those before: as many as a relay keeps transactions.
const pastBlocks = 1000

// Transactions emits each execution of a chaincode that has a relay, as it ends, and each block that
// the first org's peer commits from now on, until ctx ends. With past it begins with the executions
// that the relays keep and the last blocks. Services that end meanwhile are followed again when they
// are back, without a gap and without anything told twice; so are chaincodes that come later.
func (s *Session) Transactions(ctx context.Context, past bool) error {
	n, err := s.Network()
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	b := &ledgerFollower{Session: s}
	if past {
		b.past = pastBlocks
	}
	all.Go(func() { repeat(ctx, b.blocks) })
	followed := map[string]bool{}
	follow := func(n network.Network, kept bool) {
		for _, cc := range n.Chaincodes {
			if cc.Relay && !followed[cc.Name] {
				followed[cc.Name] = true
				f := &relayFollower{Session: s, chaincode: cc.Name, begun: kept, told: map[executionID]bool{}}
				all.Go(func() { repeat(ctx, f.follow) })
			}
		}
	}
	follow(n, past)
	repeat(ctx, func(context.Context) {
		if n, err := s.Network(); err == nil { // none: it may be there again later
			follow(n, true)
		}
	})
	return nil
}

// repeat does something over and over until ctx ends.
func repeat(ctx context.Context, do func(context.Context)) {
	pace := time.NewTicker(followPace)
	defer pace.Stop()
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-pace.C:
		case <-ctx.Done():
		}
	}
}

// relayFollower follows one chaincode's relay, which may be started anew.
type relayFollower struct {
	*Session
	chaincode string
	begun     bool // what its relay has not told yet is to be emitted
	told      map[executionID]bool
	order     []executionID // of told, oldest first
}

// executionID tells one execution from all others.
type executionID struct {
	txid, peer string
	start      time.Time
}

// rememberedExecutions is more than a relay keeps, and so more than it can tell once more.
const rememberedExecutions = 4096

// follow emits what a relay tells, for as long as it does.
func (f *relayFollower) follow(ctx context.Context) {
	n, cc, err := f.relayed(f.chaincode)
	if err != nil {
		return // it is not there at the moment
	}
	client, err := dialRelay(n, cc)
	if err != nil {
		return
	}
	defer client.Close()
	if !f.begun {
		if err := f.begin(ctx, client); err != nil {
			return
		}
		f.begun = true
	}
	o := TraceOptions{}.trace()
	o.Kept = true
	_ = client.Follow(ctx, o, func(t trace.Trace) error { // the relay has ended: it comes back, or it was to end
		if f.first(t) {
			f.emit(transactionOf(t))
		}
		return nil
	})
}

// begin takes what has ended before for told. A relay that is not up will have forgotten it.
func (f *relayFollower) begin(ctx context.Context, client *control.Client) error {
	traces, err := client.Traces(ctx, 0, trace.Options{})
	for _, t := range traces {
		if !t.Running {
			f.first(t)
		}
	}
	if errors.Is(err, control.ErrNotUp) {
		return nil
	}
	return err
}

// first says whether an execution was not told before, and takes it for told.
func (f *relayFollower) first(t trace.Trace) bool {
	id := executionID{t.TxID, t.Peer, t.Start.UTC()}
	if f.told[id] {
		return false
	}
	f.told[id] = true
	f.order = append(f.order, id)
	if len(f.order) > rememberedExecutions {
		delete(f.told, f.order[0])
		f.order = f.order[1:]
	}
	return true
}

func transactionOf(t trace.Trace) event.Transaction {
	e := event.Transaction{
		TxID: t.TxID, Channel: t.Channel, Chaincode: t.Chaincode, Function: t.Function,
		Caller: strings.Trim(t.Caller.CommonName+"@"+t.Caller.MSPID, "@"), Peer: t.Peer, Generation: t.Generation,
		Began: t.Start, Took: t.Duration, Requests: len(t.Requests) + t.RequestsOmitted, Error: t.Error,
	}
	if e.Error == "" && t.Result != nil && t.Result.Status >= failedStatus {
		e.Error = t.Result.Message
	}
	return e
}

// failedStatus is the first status of a chaincode's response that is an error (shim: ERRORTHRESHOLD).
const failedStatus = 400

// ledgerFollower follows what the first org's peer commits, which may be started anew.
type ledgerFollower struct {
	*Session
	past  uint64 // begins with so many of the blocks before
	begun bool
	next  uint64 // number of the block to be told next
}

// follow has it told from the next block on, for as long as the peer runs. Whoever tells moves next on.
func (f *ledgerFollower) follow(ctx context.Context, tell func(client *gateway.Client, channel string) error) {
	n, err := f.Network()
	if err != nil {
		return // it is not there at the moment
	}
	height, err := heightOf(ctx, n)
	if err != nil {
		return
	}
	switch {
	case !f.begun:
		f.begun, f.next = true, height-min(height, f.past)
	case height < f.next:
		f.next = 0 // it is another ledger
	}
	client, err := gateway.Connect(n, n.Orgs[0], network.AdminUser)
	if err != nil {
		return
	}
	defer client.Close()        //nolint:errcheck // nothing is left to send
	_ = tell(client, n.Channel) // the peer has ended: it comes back, or it was to end
}

// blocks emits the blocks that the peer commits, for as long as it runs.
func (f *ledgerFollower) blocks(ctx context.Context) {
	f.follow(ctx, func(client *gateway.Client, channel string) error {
		return client.Blocks(ctx, channel, f.next, func(b event.Block) {
			f.next = b.Number + 1
			f.emit(b)
		})
	})
}

// heightOf is how many blocks the first org's peer has.
func heightOf(ctx context.Context, n network.Network) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	a, err := lifecycle.NewAdmin(n, n.Orgs[0], n.Orgs[0].Peers[0])
	if err != nil {
		return 0, err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	return a.Height(ctx)
}
