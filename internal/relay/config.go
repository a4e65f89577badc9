package relay

import (
	"context"
	"net"
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/relay/wire"
	"google.golang.org/grpc/credentials"
)

// Config is what a relay works with. The limits' zero values stand for their defaults.
type Config struct {
	PackageID string   // what it registers as, and what chaincodes have to register as
	Host      Host     // starts processes
	Recorder  Recorder // may be nil

	// PeerName gives the name of the peer at the other end of a connection, "" if it has none that is
	// known; nil where none is. The peer waits for it.
	PeerName func(ctx context.Context, remote, local net.Addr) string

	// Builtin finds the functions that the relay itself answers; may be nil.
	Builtin func(function string) (BuiltinFunc, bool)

	// TLS is for the streams with peers and with chaincodes; nil for none.
	TLS *cctls.TLS

	// ExecuteLimit is how long a chaincode may take for a transaction, unless it is being debugged,
	// and so how long an old generation may take to end its own: 30 s. Peers wait for longer
	// (core.yaml: chaincode.executetimeout).
	ExecuteLimit time.Duration
	// StandbyLimit is how long the generation before stays, unless the new one has completed a
	// transaction earlier: 10 s.
	StandbyLimit time.Duration
	// EndorseLimit is how long, where there are several peers, an old generation stays after its last
	// transaction, for the peers that are yet to execute the same one: 1 s.
	EndorseLimit time.Duration
	// RegisterLimit is how long a new process has to register: 15 s.
	RegisterLimit time.Duration
	// HoldLimit is how long a transaction waits for a process that is starting, where no other
	// can take it: 2 s. It is short, because a transaction that waits keeps its channel from
	// committing blocks.
	HoldLimit time.Duration
	// StallLimit is how long a chaincode whose queue is full may read nothing, before it is taken
	// for dead and ended: 5 s.
	StallLimit time.Duration

	MaxMessage int // bytes of the largest message that is passed on: 100 MiB, as in peers and shims
	QueueLimit int // bytes that may wait for one chaincode, or peer, to read: 256 MiB

	Log func(format string, args ...any) // what an operator may want to know; may be nil
}

// The defaults of Config.
const (
	defaultExecuteLimit  = 30 * time.Second
	defaultStandbyLimit  = 10 * time.Second
	defaultEndorseLimit  = time.Second
	defaultRegisterLimit = 15 * time.Second
	defaultHoldLimit     = 2 * time.Second
	defaultStallLimit    = 5 * time.Second
	defaultMaxMessage    = 100 << 20
	defaultQueueLimit    = 256 << 20
)

// What is not for a user of the package to choose.
const (
	crashLoop   = 3                // that many crashes in a row, each soon after a start, and it is not started again
	crashWindow = 10 * time.Second // "soon"
	exitGrace   = time.Second      // for a process whose stream ended to end too, with its own exit code
	exitWait    = 2 * time.Second  // for the exit of a process that was killed
	debugStart  = 2 * time.Minute  // for a process under a debugger to register
	maxAlive    = 3                // generations
	maxEnded    = 5                // generations that are remembered for Status
	maxAssigned = 8192             // txids whose generation is remembered
)

func (c Config) withDefaults() Config {
	for _, limit := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&c.ExecuteLimit, defaultExecuteLimit},
		{&c.StandbyLimit, defaultStandbyLimit},
		{&c.EndorseLimit, defaultEndorseLimit},
		{&c.RegisterLimit, defaultRegisterLimit},
		{&c.HoldLimit, defaultHoldLimit},
		{&c.StallLimit, defaultStallLimit},
	} {
		if *limit.value <= 0 {
			*limit.value = limit.usual
		}
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = defaultMaxMessage
	}
	if c.QueueLimit <= 0 {
		c.QueueLimit = defaultQueueLimit
	}
	if c.Log == nil {
		c.Log = func(string, ...any) {}
	}
	return c
}

// receiveLimit is above MaxMessage: a message over the limit of its stream ends it, and one over
// MaxMessage is to cost its transaction only.
func (c Config) receiveLimit() int { return 2 * c.MaxMessage }

// wire is what streams are carried with. Nobody is pinged: a chaincode that is held at a breakpoint
// would not answer, and the Go shim ends a connection that is pinged more than once a minute
// (shim/internal/server.go). The end of a process is seen without it.
func (r *Relay) wire(secure credentials.TransportCredentials) wire.Options {
	return wire.Options{Credentials: secure, MaxMessage: r.cfg.receiveLimit()}
}
