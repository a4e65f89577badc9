package trace

import (
	"container/list"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Config bounds a Ring.
type Config struct {
	Chaincode string // its name on the channel, where it is known
	Count     int    // transactions kept; 1000 if 0
	Bytes     int    // of their messages; 32 MiB if 0
}

// Ring keeps the last transactions, and those that run. It is a relay.Recorder.
//
// Recording references messages and does not look into them: they are decoded when somebody
// asks. Only those over 64 KiB are decoded soon after, aside, so as not to keep them.
type Ring struct {
	config Config

	mu        sync.Mutex
	running   map[id]*record
	live      *list.List // *record, by their beginning
	finished  *list.List // *record, by their end
	bytes     int        // of all records
	sequence  uint64     // of the last finished one
	followers map[chan struct{}]struct{}

	jobs     []job // messages to reduce
	pending  int   // bytes of those
	reducing bool
	work     sync.WaitGroup // the goroutine that reduces
}

type id struct{ peer, channel, txid string }

// record is one transaction. The ring's lock guards it.
type record struct {
	id         id
	generation int
	start      time.Time
	begin      slot
	requests   []*exchange
	open       *exchange // the request that awaits its answer
	omitted    int
	end        slot
	ended      time.Time

	finished bool
	lost     bool // it was finished without an end
	gone     bool // from the ring
	sequence uint64
	bytes    int
	place    *list.Element
}

type exchange struct {
	at, answered    time.Time
	request, answer slot
	kept            bool
}

// slot is a message, or what is left of it.
type slot struct {
	kind    peer.ChaincodeMessage_Type
	size    int // of its payload
	msg     *peer.ChaincodeMessage
	content content // in place of a large message
}

// New makes a ring.
func New(c Config) *Ring {
	if c.Count <= 0 {
		c.Count = 1000
	}
	if c.Bytes <= 0 {
		c.Bytes = 32 << 20
	}
	return &Ring{
		config: c, running: map[id]*record{}, live: list.New(), finished: list.New(),
		followers: map[chan struct{}]struct{}{},
	}
}

// Begin records a transaction that a peer has sent, and that goes to a generation.
func (r *Ring) Begin(at time.Time, from string, generation int, msg *peer.ChaincodeMessage) {
	if msg == nil {
		return
	}
	rec := &record{id: id{from, msg.ChannelId, msg.Txid}, generation: generation, start: at}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before := r.running[rec.id]; before != nil {
		// The peer would not send it again had it not given up the first one.
		before.lost = true
		r.finish(at, before)
	}
	r.running[rec.id] = rec
	rec.place = r.live.PushBack(rec)
	r.keep(rec, &rec.begin, nil, msg)
	r.evict()
}

// Message records any later message of a transaction: a request of the chaincode (toPeer), the
// peer's answer, and the COMPLETED or ERROR that ends it (toPeer). One of a transaction that
// the ring does not have, or has no more, is ignored.
func (r *Ring) Message(at time.Time, from string, toPeer bool, msg *peer.ChaincodeMessage) {
	if msg == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	rec := r.running[id{from, msg.ChannelId, msg.Txid}]
	switch {
	case rec == nil:
		return
	case !toPeer:
		r.answer(at, rec, msg)
	case msg.Type == peer.ChaincodeMessage_COMPLETED || msg.Type == peer.ChaincodeMessage_ERROR:
		r.keep(rec, &rec.end, nil, msg)
		r.finish(at, rec)
	default:
		r.request(at, rec, msg)
	}
	r.evict()
}

func (r *Ring) request(at time.Time, rec *record, msg *peer.ChaincodeMessage) {
	x := &exchange{at: at}
	if len(rec.requests) < maxRequests && rec.bytes < r.config.Bytes/4 {
		x.kept = true
		rec.requests = append(rec.requests, x)
		r.keep(rec, &x.request, nil, msg)
	} else {
		rec.omitted++
	}
	// The peer drops a second request before it has answered the first one
	// (core/chaincode/handler.go: registerTxid), so the answer will be the first one's.
	if rec.open == nil {
		rec.open = x
	}
}

func (r *Ring) answer(at time.Time, rec *record, msg *peer.ChaincodeMessage) {
	x := rec.open
	if x == nil {
		return
	}
	rec.open = nil
	x.answered = at
	if x.kept {
		r.keep(rec, &x.answer, &x.request, msg)
	}
}

// keep puts a message into its slot. The request is the one that it answers, if it is an answer.
func (r *Ring) keep(rec *record, s, request *slot, msg *peer.ChaincodeMessage) {
	s.kind, s.size = msg.Type, len(msg.Payload)
	w := weight(msg)
	if w <= maxValue {
		s.msg = msg
		r.grow(rec, w)
		return
	}
	r.grow(rec, overhead)
	if len(r.jobs) > 0 && r.pending+w > 4*r.config.Bytes {
		return // they come faster than they are reduced: its size must do
	}
	s.msg = msg
	r.reduceLater(job{rec: rec, slot: s, request: request, weight: w})
}

// overhead is about what a message takes besides its bytes.
const overhead = 256

func weight(msg *peer.ChaincodeMessage) int {
	return overhead + len(msg.Payload) + len(msg.GetProposal().GetProposalBytes()) + len(msg.GetChaincodeEvent().GetPayload())
}

func (r *Ring) grow(rec *record, by int) {
	rec.bytes += by
	if !rec.gone {
		r.bytes += by
	}
}

func (r *Ring) finish(at time.Time, rec *record) {
	delete(r.running, rec.id)
	r.live.Remove(rec.place)
	r.sequence++
	rec.ended, rec.finished, rec.sequence = at, true, r.sequence
	rec.place = r.finished.PushBack(rec)
	for wake := range r.followers {
		select {
		case wake <- struct{}{}:
		default: // it has not yet looked since it was last woken
		}
	}
}

// evict drops the oldest until the rest is within bounds: first of the finished, then of those
// that run, so that a transaction that never ends is not kept for ever.
func (r *Ring) evict() {
	for r.bytes > r.config.Bytes || r.live.Len()+r.finished.Len() > r.config.Count {
		oldest, from := r.finished.Front(), r.finished
		if oldest == nil {
			oldest, from = r.live.Front(), r.live
		}
		rec, ok := oldest.Value.(*record)
		if !ok {
			return
		}
		from.Remove(oldest)
		if !rec.finished {
			delete(r.running, rec.id)
		}
		rec.gone = true
		r.bytes -= rec.bytes
	}
}
