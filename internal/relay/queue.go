package relay

import (
	"context"
	"sync"
	"time"
)

// queue holds the messages that one writer is to send. Nobody but the writer ever waits for the
// other end of its stream.
type queue struct {
	limit int // bytes

	mu    sync.Mutex
	items []item
	bytes int
	since time.Time     // the message that is being sent was begun; zero: none is
	wake  chan struct{} // has a value when there may be something to send
	room  chan struct{} // closed when there is room again; nil when nobody waits for that
}

type item struct {
	msg  *message
	size int
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, wake: make(chan struct{}, 1)}
}

// offer adds a message unless that would take the queue over its limit. An empty queue takes any.
func (q *queue) offer(msg *message) bool {
	size := msg.size()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) > 0 && q.bytes+size > q.limit {
		return false
	}
	q.add(msg, size)
	return true
}

// push adds a message in any case.
func (q *queue) push(msg *message) {
	size := msg.size()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(msg, size)
}

func (q *queue) add(msg *message, size int) {
	q.items = append(q.items, item{msg, size})
	q.bytes += size
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
}

// awaitRoom waits until the queue is below its limit, or ctx is done.
func (q *queue) awaitRoom(ctx context.Context) {
	for {
		room := q.full()
		if room == nil {
			return
		}
		select {
		case <-room:
		case <-ctx.Done():
			return
		}
	}
}

// full gives a channel that is closed when there is room, or nil when there is some.
func (q *queue) full() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes <= q.limit {
		return nil
	}
	if q.room == nil {
		q.room = make(chan struct{})
	}
	return q.room
}

// take removes all messages, and gives them oldest first.
func (q *queue) take() []*message {
	q.mu.Lock()
	defer q.mu.Unlock()
	msgs := make([]*message, len(q.items))
	for i, it := range q.items {
		msgs[i] = it.msg
	}
	q.items, q.bytes = nil, 0
	q.roomMade()
	return msgs
}

// next removes the oldest message.
func (q *queue) next() (*message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil, false
	}
	it := q.items[0]
	q.items[0] = item{} // or the array would keep the message
	q.items = q.items[1:]
	q.bytes -= it.size
	q.since = time.Now()
	q.roomMade()
	return it.msg, true
}

// sent is the end of sending what next gave.
func (q *queue) sent() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.since = time.Time{}
}

// stalled says whether the other end has read nothing for that long, though there is something.
func (q *queue) stalled(limit time.Duration) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.since.IsZero() && time.Since(q.since) > limit
}

func (q *queue) roomMade() {
	if q.room != nil && q.bytes <= q.limit {
		close(q.room)
		q.room = nil
	}
}

// write sends what is in the queue, and what will be, until ctx is done or a message cannot be sent.
// What it has not taken by then stays in the queue.
func (q *queue) write(ctx context.Context, s stream) error {
	for {
		for ctx.Err() == nil {
			msg, ok := q.next()
			if !ok {
				break
			}
			raw, err := encode(msg)
			if err == nil {
				err = s.Send(raw)
			}
			if err != nil {
				return err
			}
			q.sent()
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
