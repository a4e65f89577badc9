package trace

import "github.com/hyperledger/fabric-protos-go-apiv2/peer"

// job is a large message to be replaced by what is told of it.
type job struct {
	rec     *record
	slot    *slot
	request *slot // that it answers, if it is an answer
	weight  int
}

// reduceLater has a message reduced by a goroutine that ends when there is nothing more to
// reduce. The caller holds the lock.
func (r *Ring) reduceLater(j job) {
	r.jobs = append(r.jobs, j)
	r.pending += j.weight
	if !r.reducing {
		r.reducing = true
		r.work.Go(r.reduce)
	}
}

func (r *Ring) reduce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.jobs) > 0 {
		j := r.jobs[0]
		r.jobs = r.jobs[1:]
		if !j.rec.gone {
			s, kind := *j.slot, j.requestKind()
			r.mu.Unlock()
			c := s.decode(kind)
			r.mu.Lock()
			j.slot.content = c
			r.grow(j.rec, c.weight())
		}
		j.slot.msg = nil
		r.pending -= j.weight
		r.evict()
	}
	r.jobs, r.reducing = nil, false
}

func (j job) requestKind() peer.ChaincodeMessage_Type {
	if j.request == nil {
		return peer.ChaincodeMessage_UNDEFINED
	}
	return j.request.kind
}
