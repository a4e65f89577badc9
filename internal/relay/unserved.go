package relay

import "slices"

// maxFailures is how many transactions Unserved remembers: whoever asks does so right away.
const maxFailures = 256

// failures remembers the last transactions that the relay has failed itself, because no generation
// could serve them, or could to the end.
type failures struct {
	notes []failure // a ring
	next  int
}

type failure struct {
	txid  string
	cause Unserved
}

func (u *failures) note(txid string, cause Unserved) {
	if len(u.notes) < maxFailures {
		u.notes = append(u.notes, failure{txid, cause})
		return
	}
	u.notes[u.next] = failure{txid, cause}
	u.next = (u.next + 1) % len(u.notes)
}

// Unserved is why a transaction has failed that no generation could serve.
type Unserved string

// The values of Unserved.
const (
	Served        Unserved = ""        // it was the chaincode that failed it, or nothing has
	UnservedCrash Unserved = "crashed" // its generation crashed
	UnservedYet   Unserved = "absent"  // there was no generation for it
)

// Unserved says whether a transaction has failed because the chaincode crashed, or was not ready. An
// error that a chaincode made reads as it likes, so that no text could tell the two apart.
func (r *Relay) Unserved(txid string) Unserved {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.failures.notes, func(n failure) bool { return n.txid == txid })
	if at < 0 {
		return Served
	}
	return r.failures.notes[at].cause
}

// failUnserved fails a transaction for which there is no generation, or none any more.
func (r *Relay) failUnserved(u *upstream, k key, cause Unserved, format string, args ...any) {
	r.failures.note(k.txid, cause)
	r.fail(u, k, format, args...)
}

// GiveUp fails a transaction for which its caller does not wait any more, and says whether a
// generation had it. While a transaction runs, its peer commits no block of the channel.
func (r *Relay) GiveUp(txid string) (had bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for u := range r.ups {
		for k, tx := range u.txs {
			if k.txid == txid && tx.down != nil {
				r.fail(u, k, "its caller has given up on it")
				had = true
			}
		}
	}
	return had
}
