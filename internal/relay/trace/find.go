package trace

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

// ErrNotFound is the cause of the fault that Get returns for a transaction it does not have.
var ErrNotFound = errors.New("no such transaction")

// AmbiguousError is the cause of the fault that Get returns for the beginning of several
// transactions' ids.
type AmbiguousError struct {
	Prefix string
	TxIDs  []string // oldest first
}

// Error says so.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q is the beginning of %d transactions' ids", e.Prefix, len(e.TxIDs))
}

// minPrefix is how much of a txid is enough, if it is unique.
const minPrefix = 6

// List is the last n transactions, running ones included, in the order of their start: newest
// last. It is all of them if n is not positive.
func (r *Ring) List(n int, o Options) []Trace {
	told := []Trace{}
	for _, rec := range slices.Backward(r.all()) {
		if n > 0 && len(told) == n {
			break
		}
		if t := r.tell([]*record{rec}, o)[0]; o.Without == "" || t.Function != o.Without {
			told = append(told, t)
		}
	}
	slices.Reverse(told)
	return told
}

// Get is one transaction, by its id or the unique beginning of that, of at least 6 characters:
// one Trace for each peer that executed it, in the order of their start.
func (r *Ring) Get(txid string, o Options) ([]Trace, error) {
	all := r.all()
	found, ids := matching(all, txid)
	switch len(ids) {
	case 0:
		return nil, fault.New(fault.Other, fmt.Sprintf("list what is kept with \"ccdev trace\"; %d characters of an id are enough", minPrefix),
			"%w %q: the last %d are kept", ErrNotFound, txid, len(all))
	case 1:
		return r.tell(found, o), nil
	default:
		return nil, fault.New(fault.Usage, "give more of the id: "+strings.Join(ids[:min(len(ids), 5)], ", "), "%w",
			&AmbiguousError{Prefix: txid, TxIDs: ids})
	}
}

// matching are the records of a transaction: those with its whole id, or else with its beginning.
func matching(all []*record, txid string) (found []*record, ids []string) {
	for _, rec := range all {
		if rec.id.txid == txid {
			found, ids = append(found, rec), []string{txid}
		}
	}
	if len(found) > 0 || len(txid) < minPrefix {
		return found, ids
	}
	for _, rec := range all {
		if !strings.HasPrefix(rec.id.txid, txid) {
			continue
		}
		found = append(found, rec)
		if !slices.Contains(ids, rec.id.txid) {
			ids = append(ids, rec.id.txid)
		}
	}
	return found, ids
}

// Follow gives each transaction to f when it has finished, in that order, until ctx ends. Without
// o.Kept it starts with those that finish after its call. A reader too slow for the ring loses the oldest, and delays nobody.
func (r *Ring) Follow(ctx context.Context, o Options, f func(Trace)) {
	wake := make(chan struct{}, 1)
	r.mu.Lock()
	r.followers[wake] = struct{}{}
	last := r.sequence
	if o.Kept {
		last = 0
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.followers, wake)
		r.mu.Unlock()
	}()
	for {
		for rec := r.after(last); rec != nil && ctx.Err() == nil; rec = r.after(last) {
			last = rec.sequence
			if t := r.tell([]*record{rec}, o)[0]; o.Without == "" || t.Function != o.Without {
				f(t)
			}
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return
		}
	}
}

// after is the first finished transaction after the given one that is still kept.
func (r *Ring) after(sequence uint64) *record {
	r.mu.Lock()
	defer r.mu.Unlock()
	var next *record
	for e := r.finished.Back(); e != nil; e = e.Prev() {
		rec, ok := e.Value.(*record)
		if !ok || rec.sequence <= sequence {
			break
		}
		next = rec
	}
	return next
}

func (r *Ring) all() []*record {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*record, 0, r.live.Len()+r.finished.Len())
	for _, l := range []*list.List{r.finished, r.live} {
		for e := l.Front(); e != nil; e = e.Next() {
			if rec, ok := e.Value.(*record); ok {
				all = append(all, rec)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *record) int { return a.start.Compare(b.start) })
	return all
}

// tell decodes records. It holds the lock only to copy them, one at a time.
func (r *Ring) tell(all []*record, o Options) []Trace {
	told := make([]Trace, 0, len(all))
	now := time.Now()
	for _, rec := range all {
		told = append(told, r.snapshot(rec).tell(r.config.Chaincode, now, o))
	}
	return told
}

func (r *Ring) snapshot(rec *record) *record {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := *rec
	copies := make([]exchange, len(rec.requests))
	c.requests = make([]*exchange, len(rec.requests))
	for i, x := range rec.requests {
		copies[i] = *x
		c.requests[i] = &copies[i]
	}
	return &c
}
