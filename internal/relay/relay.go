package relay

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/relay/wire"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Relay is one chaincode's relay: one package ID, any number of peers.
type Relay struct {
	cfg    Config
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  tasks
	switches

	peers      *wire.Server // that peers dial
	chaincodes *wire.Server // that chaincodes dial, as if it were a peer

	mu         sync.Mutex // guards what follows, and everything in upstreams, downstreams, processes, generations
	ups        map[*upstream]struct{}
	gens       []*generation    // oldest first; those that have ended too, up to maxEnded of them
	live       *generation      // new transactions go to it; nil when nothing is runnable
	starting   *generation      // of the Swap in progress; transactions wait for it when nothing is live
	previous   *generation      // draining or standby: serves again when live crashes before it has proved itself
	turn       *turn            // the Swap in progress, or the last one
	assigned   assigned         // where transactions went
	dialled    map[int]*process // by the port on which a chaincode is to call
	changed    chan struct{}    // closed and replaced whenever a generation has changed
	reason     string           // why nothing is runnable
	crashes    int              // in a row, each soon after a start, none with a completed transaction before it
	restarts   int
	closed     bool
	nextStream int
	external   *attendance // for a chaincode that others start; nil when this one is not
	failures   failures
}

// switches are for tests that show that they can fail.
type switches struct {
	noDraining      bool // an old generation is stopped at the cut-over
	forwardRegister bool // a new generation's REGISTER goes to the peers too
}

// New makes a relay that serves nobody yet. Close ends it.
func New(cfg Config) *Relay {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Relay{
		cfg: cfg.withDefaults(), ctx: ctx, cancel: cancel,
		ups: map[*upstream]struct{}{}, dialled: map[int]*process{}, changed: make(chan struct{}),
		reason: "no generation of the chaincode has been started yet",
	}
	options := r.wire(r.cfg.TLS.Server(r.notLetIn))
	r.peers = wire.NewServer(options, map[string]wire.Handler{peer.Chaincode_Connect_FullMethodName: r.connect})
	r.chaincodes = wire.NewServer(options, map[string]wire.Handler{peer.ChaincodeSupport_Register_FullMethodName: r.register})
	return r
}

// ServePeers serves the peers that dial l, until Close: then the error is nil.
func (r *Relay) ServePeers(l net.Listener) error { return r.peers.Serve(l) }

// Explain sets what callers are told while nothing is runnable ("the chaincode does not compile").
// It lasts until a generation is live, or another reason is known.
func (r *Relay) Explain(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reason = reason
}

// Close ends the streams and the processes, and returns when nothing of the relay runs any more.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	if r.turn != nil {
		r.turn.cancel(errClosed)
	}
	for _, g := range r.gens {
		if g.alive() {
			r.end(g, Stopped, "the relay is closing")
		}
	}
	r.live, r.previous, r.starting = nil, nil, nil
	r.mu.Unlock()
	r.cancel()
	r.tasks.wait() // the streams' ends among them
	r.peers.Stop()
	r.chaincodes.Stop()
}

// errClosing is what a stream ends with.
var errClosing = status.Error(codes.Unavailable, "the relay is closing")

// announce wakes those who wait for a generation to change. The lock is held.
func (r *Relay) announce() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// after runs f with the lock held when d has passed, unless the relay is closed then.
func (r *Relay) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.closed {
			f()
		}
	})
}

// listen makes the server for chaincodes listen for one process, at a port of its own: nothing else
// tells the processes of a chaincode apart. The lock is not held.
func (r *Relay) listen(p *process) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.dialled[port(l.Addr())] = p
	r.mu.Unlock()
	r.tasks.run(func() { _ = r.chaincodes.Serve(l) }) // it ends with the listener
	return l, nil
}

func port(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// tasks counts goroutines.
type tasks struct {
	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// begin says whether a task may begin; its end is wg.Done.
func (t *tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.wg.Add(1)
	return true
}

// run runs f in a goroutine, unless the relay is closed.
func (t *tasks) run(f func()) {
	if !t.begin() {
		return
	}
	go func() {
		defer t.wg.Done()
		f()
	}()
}

// wait lets no task begin any more, and waits for the end of all.
func (t *tasks) wait() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wg.Wait()
}
