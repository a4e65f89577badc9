package relay

import (
	"context"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Mode is who dials whom between the relay and a chaincode.
type Mode string

// The modes of a chaincode.
const (
	Server Mode = "server" // the chaincode listens, the relay dials
	Client Mode = "client" // the chaincode dials the relay as if it were the peer
)

// Launch is what it takes to start one process of a generation.
type Launch struct {
	Generation int
	Program    string // file
	Mode       Mode
	Dial       string // Client: the relay's address that this process is to dial
	PackageID  string // it must register under
	Debug      bool   // a debugger holds it
}

// Host starts the processes of generations.
type Host interface {
	// Start starts a process, which runs until it ends by itself or is killed. A program that
	// cannot be started is an error; one that ends at once is a Process that is done.
	Start(ctx context.Context, l Launch) (Process, error)
}

// Process is one running, or once running, process of a generation.
type Process interface {
	Address() string       // Server: where it listens, host:port
	Done() <-chan struct{} // closed when it has ended, and Exit is known
	Exit() Exit            // of a process that is done
	Kill()                 // ends it and all it has started; returns at once
	PID() int              // 0 for one that runs elsewhere
}

// Exit is how a process ended.
type Exit struct {
	Code int      `json:"code"`          // -1 when a signal ended it
	How  string   `json:"how"`           // in words: "exit code 3", "signal: killed"; empty when nobody knows
	Log  []string `json:"log,omitempty"` // the last lines it wrote, at most 30, oldest first; of a Go panic its reason, and the frames of the user's code
}

// Recorder keeps what transactions ask of the peer. Its methods must not block, and keep no more
// of a message than they copy or reference: a message is never changed after it was recorded.
type Recorder interface {
	// Begin is a transaction that a peer has sent, and that goes to a generation.
	Begin(at time.Time, peer string, generation int, msg *peer.ChaincodeMessage)
	// Message is any later message of a transaction: a request of the chaincode (toPeer), the
	// peer's answer, and the COMPLETED or ERROR that ends it (toPeer).
	Message(at time.Time, peer string, toPeer bool, msg *peer.ChaincodeMessage)
}
