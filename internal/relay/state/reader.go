package state

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// batch is how many results are asked for at once; as many as a peer puts into a message by
// itself (core/chaincode/chaincode_support.go: MaxResultLimit).
const batch = 100

// reader answers one Query.
type reader struct {
	ctx   context.Context
	ask   asker
	query Query
	limit int // of bytes in the page
	page  Page
	bytes int

	skipping bool // history: the bookmark was not yet met
}

// request asks the peer, and gives the payload of its answer.
func (r *reader) request(kind peer.ChaincodeMessage_Type, payload proto.Message) ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	raw, err := proto.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be asked: %w", kind, err)
	}
	answer, err := r.ask(&peer.ChaincodeMessage{Type: kind, Payload: raw})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s was not answered: %w", kind, err)
	case answer.GetType() == peer.ChaincodeMessage_ERROR:
		return nil, fmt.Errorf("the peer refused: %s", answer.GetPayload())
	case answer.GetType() != peer.ChaincodeMessage_RESPONSE:
		return nil, fmt.Errorf("%s was answered with %s", kind, answer.GetType())
	}
	return answer.GetPayload(), nil
}

// results is request for what brings results.
func (r *reader) results(kind peer.ChaincodeMessage_Type, payload proto.Message) (*peer.QueryResponse, error) {
	raw, err := r.request(kind, payload)
	if err != nil {
		return nil, err
	}
	q := &peer.QueryResponse{}
	if err := proto.Unmarshal(raw, q); err != nil {
		return nil, fmt.Errorf("the peer's answer to %s cannot be read: %w", kind, err)
	}
	return q, nil
}

// full says whether an entry of this size has no place in the page any more. One entry always has.
func (r *reader) full(size int) bool {
	n := len(r.page.Entries)
	return n >= r.query.Limit || n > 0 && r.bytes+size > r.limit
}

func (r *reader) add(e Entry) {
	e.Composite = composite(e.Key)
	r.page.Entries = append(r.page.Entries, e)
	r.bytes += len(e.Key) + len(e.Value)
}

func (r *reader) key() (Page, error) {
	value, err := r.request(peer.ChaincodeMessage_GET_STATE, &peer.GetState{Collection: r.query.Collection, Key: r.query.Key})
	if err != nil {
		return Page{}, err
	}
	r.page.Entries = []Entry{}
	if len(value) > 0 { // to Fabric, no value and an empty one are the same
		r.add(Entry{Key: r.query.Key, Value: value})
	}
	return r.page, nil
}

// list reads a range. Where the shim would begin at U+0001, to leave out composite keys, it
// begins at the first key there is.
func (r *reader) list() (Page, error) {
	start, end := r.query.Start, r.query.End
	if r.query.Prefix != "" {
		start, end = r.query.Prefix, after(r.query.Prefix)
	}
	r.page.Entries = []Entry{}
	// A bookmark is the key that the next page begins with.
	if end != "" && max(start, r.query.Bookmark) >= end {
		return r.page, nil
	}
	if r.query.Collection == "" {
		err := r.paginate(start, end)
		return r.page, err
	}
	// Of private data the peer makes no pages (core/chaincode/handler.go: HandleGetStateByRange).
	err := r.iterate(peer.ChaincodeMessage_GET_STATE_BY_RANGE,
		&peer.GetStateByRange{StartKey: max(start, r.query.Bookmark), EndKey: end, Collection: r.query.Collection}, r.takePair, afterKey)
	return r.page, err
}

// paginate reads public state in pages of the peer's, which costs CouchDB no more than is read.
func (r *reader) paginate(start, end string) error {
	bookmark := r.query.Bookmark
	for {
		size := min(r.query.Limit-len(r.page.Entries), batch)
		page, err := proto.Marshal(&peer.QueryMetadata{PageSize: int32(size), Bookmark: bookmark}) //nolint:gosec // at most 100
		if err != nil {
			return err
		}
		q, err := r.results(peer.ChaincodeMessage_GET_STATE_BY_RANGE, &peer.GetStateByRange{StartKey: start, EndKey: end, Metadata: page})
		if err != nil {
			return err
		}
		meta := &peer.QueryResponseMetadata{}
		if err := proto.Unmarshal(q.Metadata, meta); err != nil {
			return fmt.Errorf("the peer's bookmark cannot be read: %w", err)
		}
		full, err := r.take(q.Results, r.takePair)
		next := meta.Bookmark
		switch {
		case err != nil:
			return err
		case full:
			r.resume(afterKey)
			return nil
		case next == "":
			return nil
		case next <= max(start, bookmark):
			return errors.New("the peer's bookmark does not lead on")
		case r.full(0):
			r.page.More, r.page.Bookmark = true, next
			return nil
		}
		bookmark = next
	}
}

// iterate reads what the peer brings by an iterator. The mark is the bookmark after an entry.
func (r *reader) iterate(kind peer.ChaincodeMessage_Type, query proto.Message, take func([]byte) (bool, error), mark func(Entry) string) error {
	for {
		q, err := r.results(kind, query)
		if err != nil {
			return err
		}
		goOn, err := r.goesOn(q, take, mark)
		if !goOn {
			return errors.Join(err, r.done(q))
		}
		kind, query = peer.ChaincodeMessage_QUERY_STATE_NEXT, &peer.QueryStateNext{Id: q.Id}
	}
}

// goesOn takes what an iterator brought, and says whether to ask it for more.
func (r *reader) goesOn(q *peer.QueryResponse, take func([]byte) (bool, error), mark func(Entry) string) (bool, error) {
	full, err := r.take(q.Results, take)
	switch {
	case err != nil:
		return false, err
	case full || q.HasMore && r.full(0):
		r.resume(mark)
		return false, nil
	case q.HasMore && len(q.Results) == 0:
		return false, errors.New("the peer has more results, and gives none")
	}
	return q.HasMore, nil
}

// done closes an iterator that has more; the peer closes one that has none by itself.
func (r *reader) done(q *peer.QueryResponse) error {
	if !q.HasMore {
		return nil
	}
	_, err := r.request(peer.ChaincodeMessage_QUERY_STATE_CLOSE, &peer.QueryStateClose{Id: q.Id})
	return err
}

// resume says that there is more, after the last entry.
func (r *reader) resume(mark func(Entry) string) {
	r.page.More, r.page.Bookmark = true, mark(r.page.Entries[len(r.page.Entries)-1])
}

// afterKey is the first key that can come after an entry's.
func afterKey(e Entry) string { return e.Key + "\x00" }

// take adds results until one has no place any more.
func (r *reader) take(results []*peer.QueryResultBytes, add func([]byte) (bool, error)) (full bool, err error) {
	for _, raw := range results {
		full, err := add(raw.GetResultBytes())
		if err != nil {
			return false, fmt.Errorf("a result of the peer cannot be read: %w", err)
		}
		if full {
			return true, nil
		}
	}
	return false, nil
}

func (r *reader) takePair(raw []byte) (full bool, err error) {
	kv := &queryresult.KV{}
	if err := proto.Unmarshal(raw, kv); err != nil {
		return false, err
	}
	if r.full(len(kv.Key) + len(kv.Value)) {
		return true, nil
	}
	r.add(Entry{Key: kv.Key, Value: kv.Value})
	return false, nil
}

// history reads what was written to a key. The peer knows no pages of it: a bookmark is the
// transaction of the last entry, up to and with which everything is left out.
func (r *reader) history() (Page, error) {
	r.page.Entries = []Entry{}
	r.skipping = r.query.Bookmark != ""
	err := r.iterate(peer.ChaincodeMessage_GET_HISTORY_FOR_KEY, &peer.GetHistoryForKey{Key: r.query.Key},
		r.takeChange, func(e Entry) string { return e.TxID })
	if err == nil && r.skipping {
		err = fmt.Errorf("no transaction %q has written to the key", r.query.Bookmark)
	}
	return r.page, err
}

func (r *reader) takeChange(raw []byte) (full bool, err error) {
	m := &queryresult.KeyModification{}
	if err := proto.Unmarshal(raw, m); err != nil {
		return false, err
	}
	if r.skipping {
		r.skipping = m.TxId != r.query.Bookmark
		return false, nil
	}
	if r.full(len(r.query.Key) + len(m.Value)) {
		return true, nil
	}
	e := Entry{Key: r.query.Key, Value: m.Value, TxID: m.TxId, IsDelete: m.IsDelete}
	if m.Timestamp.IsValid() {
		at := m.Timestamp.AsTime()
		e.Time = &at
	}
	r.add(e)
	return false, nil
}

// after is the first key after all those with a prefix; "" if there is none. Keys are UTF-8,
// whose order by bytes is that of the characters.
func after(prefix string) string {
	for prefix != "" {
		last, n := utf8.DecodeLastRuneInString(prefix)
		prefix = strings.TrimSuffix(prefix, prefix[len(prefix)-n:])
		switch last {
		case utf8.MaxRune: // nothing comes after it: the character before decides
		case 0xD7FF:
			return prefix + "\uE000" // what is between are no characters
		default:
			return prefix + string(last+1)
		}
	}
	return ""
}
