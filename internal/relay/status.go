package relay

import (
	"cmp"
	"slices"
	"time"
)

// Status is what a relay does at one moment.
type Status struct {
	PackageID   string             `json:"packageID"`
	Live        int                `json:"live,omitempty"`   // the generation new transactions go to; 0: none
	Reason      string             `json:"reason,omitempty"` // why nothing is runnable
	Restarts    int                `json:"restarts"`         // after crashes
	Peers       []PeerStatus       `json:"peers"`
	Generations []GenerationStatus `json:"generations"` // oldest first; of those that have ended the last few
	External    *ExternalStatus    `json:"external,omitempty"`
}

// Debugged tells whether the live generation runs under a debugger.
func (s Status) Debugged() bool {
	return slices.ContainsFunc(s.Generations, func(g GenerationStatus) bool { return g.Number == s.Live && g.Debug })
}

// PeerStatus is one stream of a peer.
type PeerStatus struct {
	Address  string    `json:"address"` // it dials from, or its name where that is known
	Ready    bool      `json:"ready"`   // it has registered the chaincode
	Since    time.Time `json:"since"`
	InFlight int       `json:"inFlight"` // transactions
}

// GenerationStatus is one start of a generation. One that was started again is there twice.
type GenerationStatus struct {
	Number    int       `json:"number"`
	State     State     `json:"state"`
	Mode      Mode      `json:"mode"`
	Debug     bool      `json:"debug,omitempty"` // a debugger holds it
	InFlight  int       `json:"inFlight"`        // transactions
	PIDs      []int     `json:"pids,omitempty"`  // of its processes that run
	StartedAt time.Time `json:"startedAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	Fault     string    `json:"fault,omitempty"` // why it does not serve
	Exit      *Exit     `json:"exit,omitempty"`  // of its process that ended by itself
}

// Status tells what the relay does now.
func (r *Relay) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Status{PackageID: r.cfg.PackageID, Restarts: r.restarts, Peers: []PeerStatus{}, Generations: []GenerationStatus{}}
	if r.live != nil {
		s.Live = r.live.number
	} else {
		s.Reason = r.reason
	}
	ups := make([]*upstream, 0, len(r.ups))
	for u := range r.ups {
		ups = append(ups, u)
	}
	slices.SortFunc(ups, func(a, b *upstream) int { return cmp.Compare(a.id, b.id) })
	for _, u := range ups {
		s.Peers = append(s.Peers, PeerStatus{Address: u.name, Ready: u.ready != nil, Since: u.since, InFlight: len(u.txs)})
	}
	for _, g := range r.gens {
		s.Generations = append(s.Generations, g.status())
	}
	s.External = r.externalStatus()
	return s
}

func (g *generation) status() GenerationStatus {
	s := GenerationStatus{
		Number: g.number, State: g.state, Mode: g.mode, Debug: g.debug, InFlight: g.inFlight,
		StartedAt: g.startedAt, EndedAt: g.endedAt, Exit: g.exit,
	}
	if g.fault != nil {
		s.Fault = g.fault.summary()
	}
	for _, p := range g.procs {
		if p.running() && p.host.PID() != 0 {
			s.PIDs = append(s.PIDs, p.host.PID())
		}
	}
	return s
}

// running says whether the process runs. The lock is held.
func (p *process) running() bool {
	if p.host == nil {
		return false
	}
	select {
	case <-p.host.Done():
		return false
	default:
		return true
	}
}
