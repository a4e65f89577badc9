// Package event holds what ccdev reports while it works: typed values that printers and the TUI render.
package event

import "time"

// Event is one thing that happened. Name is how machines know it: "step_done".
type Event interface{ Name() string }

// Sink takes events as they happen. It must be safe for concurrent use, and must not block
// for long: whoever emits waits for it.
type Sink func(Event)

// Discard is a sink that drops everything.
func Discard(Event) {}

type (
	// Begun says which network a command works on, before anything is done.
	Begun struct {
		Project string `json:"project"`
		Fabric  string `json:"fabric"`
		Runtime string `json:"runtime"`
		Why     string `json:"why,omitempty"` // why this runtime was taken
	}

	// StepStarted opens a named step of the work.
	StepStarted struct {
		Step   string `json:"step"`
		Reason string `json:"reason"`
	}

	// StepProgress is how far a long step has come. Total is 0 where it cannot be known.
	StepProgress struct {
		Step  string `json:"step"`
		Text  string `json:"text"`
		Done  int    `json:"done,omitempty"`
		Total int    `json:"total,omitempty"`
	}

	// StepDone closes a step that did its work.
	StepDone struct {
		Step string        `json:"step"`
		Note string        `json:"note,omitempty"`
		Took time.Duration `json:"took_ns"`
	}

	// StepSkipped is a step that found nothing to do.
	StepSkipped struct {
		Step   string `json:"step"`
		Reason string `json:"reason"`
	}

	// StepFailed closes a step that could not do its work.
	StepFailed struct {
		Step  string        `json:"step"`
		Error string        `json:"error"`
		Took  time.Duration `json:"took_ns"`
	}

	// StepCancelled closes a step that was ended because of another one, or of the user.
	StepCancelled struct {
		Step string `json:"step"`
	}

	// Change is how far a change of a chaincode's sources has come on its way to live.
	Change struct {
		Chaincode  string        `json:"chaincode"`
		Phase      string        `json:"phase"`                // changed, building, starting, swapping, live, failed
		Generation int           `json:"generation,omitempty"` // once it has a number
		Files      []string      `json:"files,omitempty"`      // relative to the sources' folder
		Since      time.Duration `json:"since_ns"`             // since the change was noticed
		Error      string        `json:"error,omitempty"`      // failed: why
		Err        error         `json:"-"`                    // the same, with its fix and log
	}

	// Transaction is one execution of a transaction, on one peer, that has ended.
	Transaction struct {
		TxID       string        `json:"txid"`
		Channel    string        `json:"channel"`
		Chaincode  string        `json:"chaincode"`
		Function   string        `json:"function"`
		Caller     string        `json:"caller"` // "alice@Org1MSP"
		Peer       string        `json:"peer"`
		Generation int           `json:"generation"`
		Began      time.Time     `json:"began"`
		Took       time.Duration `json:"took_ns"`
		Requests   int           `json:"requests"`        // that the chaincode made of the peer
		Error      string        `json:"error,omitempty"` // failed: why
	}

	// Block is a block that a peer has committed.
	Block struct {
		Channel      string             `json:"channel"`
		Number       uint64             `json:"number"`
		Transactions []BlockTransaction `json:"transactions"`
	}

	// Notice is something the user should know that belongs to no step.
	Notice struct {
		Text string `json:"text"`
	}

	// Log is one line that a service wrote. Text is as the service wrote it: renderers strip
	// what could move a terminal's cursor.
	Log struct {
		Service string    `json:"service"`
		Time    time.Time `json:"time"`
		Text    string    `json:"text"`
	}
)

// BlockTransaction is one transaction of a block. Code is the name of Fabric's TxValidationCode:
// "VALID", "MVCC_READ_CONFLICT".
type BlockTransaction struct {
	TxID string `json:"txid"` // empty for a change of the channel's configuration
	Code string `json:"code"`
}

// Name implements Event.
func (Begun) Name() string { return "begun" }

// Name implements Event.
func (StepStarted) Name() string { return "step_started" }

// Name implements Event.
func (StepProgress) Name() string { return "step_progress" }

// Name implements Event.
func (StepDone) Name() string { return "step_done" }

// Name implements Event.
func (StepSkipped) Name() string { return "step_skipped" }

// Name implements Event.
func (StepFailed) Name() string { return "step_failed" }

// Name implements Event.
func (StepCancelled) Name() string { return "step_cancelled" }

// Name implements Event.
func (Change) Name() string { return "change" }

// Name implements Event.
func (Transaction) Name() string { return "transaction" }

// Name implements Event.
func (Block) Name() string { return "block" }

// Name implements Event.
func (Notice) Name() string { return "notice" }

// Name implements Event.
func (Log) Name() string { return "log" }
