// Package state reads any chaincode's world state through the relay, as the chaincode.
//
// A transaction whose first argument is Function is not for the chaincode: the relay answers it,
// with what it asks of the peer in the chaincode's place. The chaincode needs no code for it.
package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Function is the reserved name: the first argument of a transaction for the relay.
const Function = "ccdev.state"

// DefaultLimit is how many entries a page has when a Query does not say.
const DefaultLimit = 100

// maxPage is how many bytes of keys and values end a page: with what base64 and JSON add, it
// stays well under the 100 MiB that Fabric allows in a message.
const maxPage = 16 << 20

// Query says what to read. The zero Query is the whole state, page by page.
type Query struct {
	Key        string `json:"key,omitempty"`    // one key
	Prefix     string `json:"prefix,omitempty"` // the keys that begin so
	Start      string `json:"start,omitempty"`  // the keys from this one
	End        string `json:"end,omitempty"`    // up to, and without, this one
	Collection string `json:"collection,omitempty"`
	History    bool   `json:"history,omitempty"`  // what was ever written to Key, newest first
	Limit      int    `json:"limit,omitempty"`    // of entries in the page; DefaultLimit if 0
	Bookmark   string `json:"bookmark,omitempty"` // of the page before
}

// Page is an answer.
type Page struct {
	Entries  []Entry `json:"entries"`
	More     bool    `json:"more"`               // there is a next page
	Bookmark string  `json:"bookmark,omitempty"` // to ask for it with
}

// Entry is one key of the state, or one change of a history.
type Entry struct {
	Key       string     `json:"key"`
	Composite *Composite `json:"composite,omitempty"` // of a composite key: its parts
	Value     []byte     `json:"value"`

	TxID     string     `json:"txid,omitempty"` // history: who wrote it
	Time     *time.Time `json:"time,omitempty"` // history: when that was proposed, by its client's clock
	IsDelete bool       `json:"isDelete,omitempty"`
}

// Composite is what a composite key is made of.
type Composite struct {
	ObjectType string   `json:"objectType"`
	Attributes []string `json:"attributes"`
}

// composite takes a key apart: U+0000, the type, and each attribute, all of which end in U+0000
// (fabric-chaincode-go, shim/stub.go: CreateCompositeKey). It is nil for any other key; also for
// the one where the peer remembers that a chaincode was initialized.
func composite(key string) *Composite {
	inner, is := strings.CutPrefix(key, "\x00")
	inner, ended := strings.CutSuffix(inner, "\x00")
	if !is || !ended {
		return nil
	}
	parts := strings.Split(inner, "\x00")
	return &Composite{ObjectType: parts[0], Attributes: parts[1:]}
}

// CompositePrefix is the Prefix of the composite keys of a type that begin with the attributes.
func CompositePrefix(objectType string, attributes ...string) string {
	return "\x00" + strings.Join(append([]string{objectType}, attributes...), "\x00") + "\x00"
}

// EncodeQuery makes the arguments of the transaction that asks.
func EncodeQuery(q Query) ([][]byte, error) {
	if err := q.check(); err != nil {
		return nil, fault.New(fault.Usage, "see \"ccdev state --help\"", "%w", err)
	}
	raw, err := json.Marshal(q)
	return [][]byte{[]byte(Function), raw}, err
}

// DecodePage reads the payload of the answer.
func DecodePage(payload []byte) (Page, error) {
	var p Page
	if err := json.Unmarshal(payload, &p); err != nil {
		return Page{}, fault.New(fault.Chaincode, "bring the relay up to date: run \"ccdev down\", then \"ccdev up\"",
			"the answer to %s is no page of state: %w", Function, err)
	}
	return p, nil
}

func (q Query) check() error {
	span := q.Start != "" || q.End != ""
	switch {
	case q.Limit < 0:
		return fmt.Errorf("the limit is %d", q.Limit)
	case q.History:
		return q.checkHistory()
	case q.Key != "" && (q.Prefix != "" || span):
		return errors.New("a key, and a prefix or range, cannot be asked for at once")
	case q.Prefix != "" && span:
		return errors.New("a prefix and a range cannot be asked for at once")
	}
	return nil
}

func (q Query) checkHistory() error {
	switch {
	case q.Key == "" || q.Prefix != "" || q.Start != "" || q.End != "":
		return errors.New("a history is that of one key")
	case q.Collection != "":
		return errors.New("private data has no history")
	}
	return nil
}

// asker sends a request of the transaction to the peer, and gives the peer's answer.
type asker = func(*peer.ChaincodeMessage) (*peer.ChaincodeMessage, error)

// Builtin is what answers a reserved function; false if the function is none.
func Builtin(function string) (func(ctx context.Context, ask asker, args [][]byte) *peer.Response, bool) {
	if function != Function {
		return nil, false
	}
	return answer, true
}

// answer answers a Query, in args[1], with a Page. A failed one has the status 500, and says why.
func answer(ctx context.Context, ask asker, args [][]byte) *peer.Response {
	page, err := run(ctx, ask, args, maxPage)
	if err != nil {
		return &peer.Response{Status: 500, Message: Function + ": " + err.Error()}
	}
	payload, err := json.Marshal(page)
	if err != nil {
		return &peer.Response{Status: 500, Message: Function + ": " + err.Error()}
	}
	return &peer.Response{Status: 200, Payload: payload}
}

func run(ctx context.Context, ask asker, args [][]byte, limit int) (Page, error) {
	if len(args) != 2 {
		return Page{}, fmt.Errorf("it takes one argument, a query as JSON, and was given %d", max(len(args)-1, 0))
	}
	var q Query
	if err := json.Unmarshal(args[1], &q); err != nil {
		return Page{}, fmt.Errorf("its argument is no query: %w", err)
	}
	if err := q.check(); err != nil {
		return Page{}, err
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	r := &reader{ctx: ctx, ask: ask, query: q, limit: limit}
	switch {
	case q.History:
		return r.history()
	case q.Key != "":
		return r.key()
	default:
		return r.list()
	}
}
