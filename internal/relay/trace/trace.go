// Package trace keeps what each transaction asked of the peer, and tells it.
package trace

import (
	"encoding/base64"
	"encoding/hex"
	"time"
	"unicode/utf8"
)

// What is kept of a message, and told of it.
const (
	maxValue    = 64 << 10 // bytes of a value that are kept; of a longer one only its head
	headSize    = 1 << 10  // bytes of that head
	maxText     = 1 << 10  // bytes of a key, a name or a collection
	maxError    = 4 << 10  // bytes of an error's text
	maxItems    = 100      // arguments, records of a batch, transient values
	maxKeys     = 20       // keys that an iterator brought, per message
	maxRequests = 1000     // of one transaction; the others are only counted
)

// Options say how much a Trace tells, and which ones Follow gives.
type Options struct {
	// Kept has Follow begin with the oldest that is kept, instead of the first to finish from now on.
	Kept bool
	// Without leaves out, of List and Follow, the transactions of this function.
	Without string
	// Reveal shows private data and transient values, which are otherwise told by size and
	// SHA-256 only; so are the result and the event of a transaction that could repeat them.
	Reveal bool
}

// Trace is one transaction, as one peer executed it.
type Trace struct {
	TxID      string `json:"txid"`
	Channel   string `json:"channel"`
	Chaincode string `json:"chaincode"`          // the one the relay is for; without it, the proposal's
	CalledBy  string `json:"calledBy,omitempty"` // the proposal's chaincode, when it called this one
	Init      bool   `json:"init,omitempty"`     // it called Init, not Invoke

	Function    string  `json:"function"` // the first argument
	Args        []Value `json:"args"`     // the others, at most 100
	ArgsOmitted int     `json:"argsOmitted,omitempty"`

	Caller     Caller           `json:"caller"`
	Peer       string           `json:"peer"` // its name, or the address it dials from
	Generation int              `json:"generation"`
	Start      time.Time        `json:"start"`
	Duration   time.Duration    `json:"durationNs"`        // of a running one: until it was asked for
	Running    bool             `json:"running,omitempty"` // it has not ended yet
	Transient  map[string]Value `json:"transient,omitempty"`

	Requests        []Request `json:"requests"`
	RequestsOmitted int       `json:"requestsOmitted,omitempty"` // made after those kept

	Result *Result `json:"result,omitempty"` // what the chaincode answered
	Error  string  `json:"error,omitempty"`  // why it did not answer
	Event  *Event  `json:"event,omitempty"`
}

// Caller is who signed the proposal.
type Caller struct {
	MSPID      string `json:"mspID"`
	CommonName string `json:"commonName"`
}

// Request is one message of the chaincode to the peer, with the peer's answer.
type Request struct {
	At           time.Duration `json:"atNs"` // since the transaction's start
	Duration     time.Duration `json:"durationNs"`
	Type         string        `json:"type"` // as in Fabric's protocol: GET_STATE, PUT_STATE, …
	Unanswered   bool          `json:"unanswered,omitempty"`
	RequestSize  int           `json:"requestSize"`  // bytes of the message's payload
	ResponseSize int           `json:"responseSize"` // bytes of the answer's
	Malformed    bool          `json:"malformed,omitempty"`

	Collection string  `json:"collection,omitempty"`
	Key        string  `json:"key,omitempty"`
	Range      *Range  `json:"range,omitempty"`
	Query      *Value  `json:"query,omitempty"`
	Chaincode  string  `json:"chaincode,omitempty"` // the one called, as NAME or NAME/CHANNEL
	Function   string  `json:"function,omitempty"`  // of the one called
	Args       []Value `json:"args,omitempty"`      // of the one called
	Status     int32   `json:"status,omitempty"`    // that the one called answered

	Value   *Value   `json:"value,omitempty"`   // written, read, or answered by the one called
	Items   []Item   `json:"items,omitempty"`   // of requests for many keys: at most 100
	Results *int     `json:"results,omitempty"` // how many keys it asked for or results it brought
	Keys    []string `json:"keys,omitempty"`    // of the results: at most 20
	More    bool     `json:"more,omitempty"`    // the iterator has more

	Error string `json:"error,omitempty"`
}

// Range is from a key up to, but without, another one; "" is open.
type Range struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// Item is one key of a request for many.
type Item struct {
	Type       string `json:"type,omitempty"` // of a batch of writes: PUT_STATE, DEL_STATE, …
	Collection string `json:"collection,omitempty"`
	Key        string `json:"key"`
	Value      *Value `json:"value,omitempty"`
}

// Result is what the chaincode answered.
type Result struct {
	Status  int32  `json:"status"`
	Message string `json:"message,omitempty"`
	Payload Value  `json:"payload"`
}

// Event is the event that the chaincode set.
type Event struct {
	Name    string `json:"name"`
	Payload Value  `json:"payload"`
}

// Value is some bytes: as text where they are UTF-8, or else as base64. Of those longer than
// 64 KiB it has the first KiB; of those that are not to be shown, size and SHA-256 only.
type Value struct {
	Size      int    `json:"size"` // bytes of the whole
	Text      string `json:"text,omitempty"`
	Base64    string `json:"base64,omitempty"`
	SHA256    string `json:"sha256,omitempty"` // of the whole, when not all of it is here
	Truncated bool   `json:"truncated,omitempty"`
	Hidden    bool   `json:"hidden,omitempty"`
}

// value tells a blob.
func (b blob) value(hide bool) Value {
	v := Value{Size: b.size, Truncated: b.size > len(b.head)}
	if hide || v.Truncated {
		sum := b.hash()
		v.SHA256 = hex.EncodeToString(sum[:])
	}
	if hide {
		v.Hidden, v.Truncated = true, false
		return v
	}
	head := b.head
	if v.Truncated {
		head = wholeRunes(head)
	}
	if utf8.Valid(head) {
		v.Text = string(head)
	} else {
		v.Base64 = base64.StdEncoding.EncodeToString(b.head)
	}
	return v
}

func (b blob) pointer(hide bool) *Value {
	v := b.value(hide)
	return &v
}

// wholeRunes cuts off a rune that was cut in two.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

func values(all []blob) []Value {
	told := make([]Value, 0, len(all))
	for _, b := range all {
		told = append(told, b.value(false))
	}
	return told
}
