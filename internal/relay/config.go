package relay

import (
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"
)

// Config is what a relay works with. The limits' zero values stand for their defaults.
type Config struct {
	PackageID string   // what it registers as, and what chaincodes have to register as
	Host      Host     // starts processes
	Recorder  Recorder // may be nil

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
	crashLoop   = 3                      // that many crashes in a row, each soon after a start, and it is not started again
	crashWindow = 10 * time.Second       // "soon"
	exitGrace   = 250 * time.Millisecond // for a process whose stream ended to end too, with its own exit code
	exitWait    = 2 * time.Second        // for the exit of a process that was killed
	debugStart  = 2 * time.Minute        // for a process under a debugger to register
	maxAlive    = 3                      // generations
	maxEnded    = 5                      // generations that are remembered for Status
	maxAssigned = 8192                   // txids whose generation is remembered
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

// Windows of a fixed size: gRPC finds out sizes of its own by a ping for every few messages, which
// costs each of them the waking of a process, and the other end is on this machine.
const (
	window     = 1 << 20 // bytes, of a stream
	connWindow = 4 << 20 // bytes, of all streams of a connection
)

// receiveLimit is above MaxMessage: a message over gRPC's own limit ends the stream, and one over
// MaxMessage is to cost its transaction only.
func (c Config) receiveLimit() int { return 2 * c.MaxMessage }

// ServerOptions are the options that the gRPC servers given to ServePeers and ServeChaincodes
// have to be made with. Nobody is pinged: a chaincode that is held at a breakpoint would not answer,
// and the end of a process is seen without it. Peers ping idle streams every 60 s
// (core/container/externalbuilder/instance.go takes internal/pkg/comm's defaults, whatever core.yaml
// says): gRPC's own minimum of 5 minutes would end their streams at the fourth ping. 10 s is the
// least that gRPC lets a client choose.
func (r *Relay) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.Creds(unhurried{r.cfg.TLS.Server(r.notLetIn)}),
		grpc.MaxRecvMsgSize(r.cfg.receiveLimit()), grpc.ForceServerCodecV2(newCodec()),
		grpc.InitialWindowSize(window), grpc.InitialConnWindowSize(connWindow),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	}
}

// dialOptions are for chaincodes that listen. They are not pinged either: the Go shim ends a
// connection that is pinged more than once a minute (shim/internal/server.go). The first tries follow
// each other quickly, because the process is about to listen.
func (r *Relay) dialOptions(p *process, addr string) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(unhurried{r.cfg.TLS.Client(addr, func(why error) { r.disagree(p, why) })}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 5 * time.Millisecond, Multiplier: 1.2, Jitter: 0.1, MaxDelay: 50 * time.Millisecond},
			MinConnectTimeout: 2 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(newCodec()), grpc.MaxCallRecvMsgSize(r.cfg.receiveLimit())),
		grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
		grpc.WithIdleTimeout(0), // its stream may be idle for hours
	}
}
