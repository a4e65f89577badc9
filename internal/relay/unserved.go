package relay

import "slices"

// maxUnserved is how many transactions Unserved remembers: whoever asks does so right away.
const maxUnserved = 256

// unserved remembers the last transactions that the relay has failed itself, because no generation
// could serve them, or could to the end.
type unserved struct {
	txids []string // a ring
	next  int
}

func (u *unserved) note(txid string) {
	if len(u.txids) < maxUnserved {
		u.txids = append(u.txids, txid)
		return
	}
	u.txids[u.next] = txid
	u.next = (u.next + 1) % len(u.txids)
}

// Unserved says whether a transaction has failed because the chaincode crashed, or was not ready. An
// error that a chaincode made reads as it likes, so that no text could tell the two apart.
func (r *Relay) Unserved(txid string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.unserved.txids, txid)
}

// failUnserved fails a transaction for which there is no generation, or none any more.
func (r *Relay) failUnserved(u *upstream, k key, format string, args ...any) {
	r.unserved.note(k.txid)
	r.fail(u, k, format, args...)
}
