package trace

import (
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// tell makes a Trace of a record that nobody changes any more.
func (rec *record) tell(chaincode string, now time.Time, o Options) Trace {
	t := Trace{
		TxID: rec.id.txid, Channel: rec.id.channel, Chaincode: chaincode, Args: []Value{},
		Init: rec.begin.kind == peer.ChaincodeMessage_INIT,
		Peer: rec.id.peer, Generation: rec.generation, Start: rec.start, Running: !rec.finished,
		Requests: make([]Request, 0, len(rec.requests)), RequestsOmitted: rec.omitted,
	}
	if rec.finished {
		now = rec.ended
	}
	t.Duration = now.Sub(rec.start)
	secret := t.begin(rec.begin.decode(0), o)
	s := story{start: rec.start, origins: map[string]*request{}, kinds: map[string]string{}, secret: secret, reveal: o.Reveal}
	for _, x := range rec.requests {
		t.Requests = append(t.Requests, s.tell(x))
	}
	t.end(rec, s.secret && !o.Reveal)
	return t
}

// begin tells how it began, and whether it was given anything secret.
func (t *Trace) begin(c content, o Options) (secret bool) {
	b, ok := c.(*begin)
	if !ok {
		return false
	}
	if len(b.args) > 0 {
		t.Function, t.Args = function(b.args), values(b.args[1:])
	}
	t.ArgsOmitted, t.Caller = b.argsOmitted, b.caller
	switch {
	case t.Chaincode == "":
		t.Chaincode = b.chaincode
	case b.chaincode != "" && b.chaincode != t.Chaincode:
		t.CalledBy = b.chaincode
	}
	for name, v := range b.transient {
		if t.Transient == nil {
			t.Transient = map[string]Value{}
		}
		t.Transient[name] = v.value(!o.Reveal)
	}
	return len(b.transient) > 0
}

func function(args []blob) string {
	if len(args) == 0 {
		return ""
	}
	return bounded(string(args[0].head), maxText)
}

func (t *Trace) end(rec *record, hide bool) {
	if rec.lost {
		t.Error = "it has no end: the peer sent it once more"
	}
	e, ok := rec.end.decode(0).(*end)
	if !ok {
		return
	}
	if e.completed {
		t.Result = &Result{Status: e.status, Message: e.message, Payload: e.payload.value(hide)}
	} else {
		t.Error = e.error
	}
	if e.event != "" {
		t.Event = &Event{Name: e.event, Payload: e.eventPayload.value(hide)}
	}
}

// story tells the requests of one transaction, in their order.
type story struct {
	start   time.Time
	origins map[string]*request // of the iterators
	kinds   map[string]string   // of those
	secret  bool                // it knows private data or transient values, and could repeat them
	reveal  bool
}

func (s *story) tell(x *exchange) Request {
	r := Request{
		At: x.at.Sub(s.start), Type: x.request.kind.String(), Unanswered: x.answered.IsZero(),
		RequestSize: x.request.size, ResponseSize: x.answer.size,
	}
	if !r.Unanswered {
		r.Duration = x.answered.Sub(x.at)
	}
	asked, ok := x.request.decode(0).(*request)
	if !ok {
		asked = &request{} // it was not kept
	}
	origin := asked
	if asked.iterator != "" {
		if o := s.origins[asked.iterator]; o != nil {
			origin = o
		}
	}
	s.asked(&r, asked, origin)
	switch a := x.answer.decode(x.request.kind).(type) {
	case *answer:
		s.answered(&r, asked, origin, a)
	case *end:
		r.Error = a.error
	}
	return r
}

// hides says whether values of a collection are not to be shown.
func (s *story) hides(collection string) bool { return collection != "" && !s.reveal }

func (s *story) asked(r *Request, q, origin *request) {
	r.Malformed, r.Collection, r.Key, r.Range = q.malformed, origin.collection, q.key, origin.span
	if r.Key == "" {
		r.Key = origin.key // of a history that is read on
	}
	// What is asked of a collection may quote its values.
	if origin.query != nil {
		r.Query = origin.query.pointer(s.hides(origin.collection))
	}
	if q.chaincode != "" {
		r.Chaincode, r.Function = q.chaincode, function(q.args)
		if len(q.args) > 1 {
			r.Args = values(q.args[1:])
		}
	}
	if q.value != nil {
		r.Value = q.value.pointer(s.hides(q.collection))
	}
	r.Results = q.count
	for _, i := range q.items {
		told := Item{Type: i.kind, Collection: i.collection, Key: i.key}
		if i.value != nil {
			told.Value = i.value.pointer(s.hides(i.collection))
		}
		r.Items = append(r.Items, told)
	}
}

func (s *story) answered(r *Request, q, origin *request, a *answer) {
	r.Malformed = r.Malformed || a.malformed
	r.Status, r.Error = a.status, a.error
	s.iterated(r, q, a)
	collection := origin.collection
	if r.Type == peer.ChaincodeMessage_GET_PRIVATE_DATA_HASH.String() {
		collection = "" // what it gives is on every peer's ledger
	}
	// Another chaincode is given the same transient values, and may read its own collections.
	hide := s.hides(collection) || q.chaincode != "" && s.secret && !s.reveal
	for i := range min(len(a.values), len(r.Items)) {
		r.Items[i].Value = a.values[i].pointer(hide)
	}
	if a.value != nil {
		r.Value = a.value.pointer(hide)
	}
	s.secret = s.secret || collection != "" && a.brought()
}

// iterated tells the results of an iterator, and remembers where it began.
func (s *story) iterated(r *Request, q *request, a *answer) {
	if a.results == nil {
		return
	}
	r.Results, r.More = a.results, a.more
	if q.iterator == "" {
		s.origins[a.iterator], s.kinds[a.iterator] = q, r.Type
	}
	switch s.kinds[a.iterator] {
	case peer.ChaincodeMessage_GET_STATE_BY_RANGE.String(), peer.ChaincodeMessage_GET_QUERY_RESULT.String():
		r.Keys = a.keys
	}
}
