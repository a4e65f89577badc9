package session

import (
	"context"
	"slices"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// Again is what it takes to make a transaction once more, as who made it and with whom.
type Again struct {
	As        string     // USER@ORG who made it; empty for who calls by default
	Org       string     // of that user; empty for the first one
	MSPDir    string     // of that user, where it is no Admin
	Endorsers []Endorser // the peers that must be asked, where one is not enough
}

// Endorser is a peer as Fabric's own command is told of it.
type Endorser struct{ Address, RootCert string }

// Again tells how to make a transaction once more. The peers are one of each org that has endorsed it,
// or of each org there is where its block does not say.
func (s *Session) Again(ctx context.Context, t trace.Trace, submitted bool) (Again, error) {
	n, err := s.Network()
	if err != nil {
		return Again{}, err
	}
	a := callerAgain(n, t.Caller)
	if !submitted || len(n.Orgs) == 1 {
		return a, nil
	}
	orgs := s.endorsersOf(ctx, n, t)
	for _, org := range n.Orgs {
		if len(orgs) == 0 || slices.Contains(orgs, org.MSPID) {
			a.Endorsers = append(a.Endorsers, Endorser{org.Peers[0].Endpoint.Host, n.TLSCAFile(org.Domain)})
		}
	}
	return a, nil
}

func callerAgain(n network.Network, c trace.Caller) (a Again) {
	org, found := n.Org(c.MSPID)
	if !found {
		return a // somebody whom the network does not know
	}
	if org.Name != n.Orgs[0].Name {
		a.Org = org.Name
	}
	if c.CommonName != network.AdminUser {
		a.MSPDir = n.UserMSPDir(org.Domain, c.CommonName)
	}
	if a.Org != "" || a.MSPDir != "" {
		a.As = c.CommonName + "@" + org.Name
	}
	return a
}

// endorsersOf are the orgs that have endorsed a transaction; none where nobody says so.
func (s *Session) endorsersOf(ctx context.Context, n network.Network, t trace.Trace) []string {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	client, err := gateway.Connect(n, n.Orgs[0], network.AdminUser)
	if err != nil {
		return nil
	}
	defer client.Close() //nolint:errcheck // nothing is left to send
	orgs, _ := client.Endorsers(ctx, t.Channel, t.TxID)
	return orgs
}
