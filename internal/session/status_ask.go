package session

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
)

// ask completes a status by what the network's services, of which these run, say of themselves, side by
// side. What does not answer in time leaves what was recorded.
func (s *Session) ask(ctx context.Context, l *live, run []string, st *Status) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	var height uint64
	var sequences map[string]int64
	peer := l.net.Orgs[0].Peers[0]
	if slices.Contains(run, peer.Name) {
		all.Go(func() { height, sequences = s.channel(ctx, l.net) })
	}
	relays := make([]*relay.Status, len(l.net.Chaincodes))
	for i, cc := range l.net.Chaincodes {
		if cc.Relay {
			all.Go(func() { relays[i] = askRelay(ctx, l.net, cc) })
		}
		if cc.External() {
			all.Go(func() {
				if e, err := l.externalStatus(ctx, cc); err == nil {
					st.Chaincodes[i].External = &e
				}
			})
		}
	}
	all.Wait()
	st.Height = height
	for i, cc := range l.net.Chaincodes {
		st.Chaincodes[i].Sequence = sequences[cc.Name]
		if relays[i] != nil {
			st.relayed(i, cc, relays[i])
		}
	}
}

// definitions are what a session knows of the channel's definitions: they only change with a block.
type definitions struct {
	mu        sync.Mutex
	height    uint64 // that they were asked for at
	sequences map[string]int64
}

// channel asks the first org's peer for the number of blocks, and for the definitions if there are
// blocks that it was not asked for yet: each question would be a line per chaincode in its log.
func (s *Session) channel(ctx context.Context, n network.Network) (height uint64, sequences map[string]int64) {
	a, err := lifecycle.NewAdmin(n, n.Orgs[0], n.Orgs[0].Peers[0])
	if err != nil {
		return 0, nil // the services' states are the answer there is
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	if height, err = a.Height(ctx); err != nil {
		return 0, nil
	}
	s.defined.mu.Lock()
	defer s.defined.mu.Unlock()
	if s.defined.height == height {
		return height, s.defined.sequences
	}
	all, err := a.Definitions(ctx)
	if err != nil {
		return height, nil
	}
	s.defined.height, s.defined.sequences = height, map[string]int64{}
	for _, d := range all {
		s.defined.sequences[d.Name] = d.Sequence
	}
	return height, s.defined.sequences
}

// askRelay gives nil for a relay that does not answer.
func askRelay(ctx context.Context, n network.Network, cc network.Chaincode) *relay.Status {
	client, err := dialRelay(n, cc)
	if err != nil {
		return nil
	}
	defer client.Close()
	status, err := client.Status(ctx)
	if err != nil {
		return nil
	}
	return &status
}

// relayed completes the status of a chaincode by what its relay says.
func (st *Status) relayed(i int, cc network.Chaincode, says *relay.Status) {
	st.Chaincodes[i].Generation, st.Chaincodes[i].Reason = says.Live, says.Reason
	if says.Debugged() {
		st.Chaincodes[i].Debugger = cc.Debug.Host
	}
	if !cc.External() { // whoever has started it sees how it ends
		st.Chaincodes[i].Crash = lastCrash(says)
	}
	for k := range st.Services {
		if st.Services[k].Name == cc.Service {
			st.Services[k].Generation = says.Live
		}
	}
}

// lastCrash is the newest crash of the live generation, or of one that was to follow it.
func lastCrash(s *relay.Status) *Crash {
	for _, g := range slices.Backward(s.Generations) {
		if g.State != relay.Crashed || g.Number < s.Live {
			continue
		}
		c := &Crash{Exit: g.Fault, Generation: g.Number, At: g.EndedAt}
		if g.Exit != nil {
			c.Log = g.Exit.Log
			if strings.Contains(g.Fault, g.Exit.How) { // unless the relay has ended it: then it says why
				c.Exit = g.Exit.How
			}
		}
		return c
	}
	return nil
}
