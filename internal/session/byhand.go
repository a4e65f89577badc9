package session

import (
	"context"
	"slices"
	"sync"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

// The lifecycle step by step, for packages and definitions that ccdev knows nothing of.

// byHand is the running network with the org that acts; all orgs for an empty name.
func (s *Session) byHand(ctx context.Context, org, channel string) (*live, func(network.Org) bool, error) {
	l, err := s.find(ctx)
	if err != nil {
		return nil, nil, err
	}
	if channel != "" {
		l.net.Channel = channel
	}
	acts := func(network.Org) bool { return true }
	if org != "" {
		chosen, err := orgOf(l.net, org)
		if err != nil {
			return nil, nil, err
		}
		acts = func(o network.Org) bool { return o.Name == chosen.Name }
	}
	return l, acts, l.peersRun(ctx, acts)
}

// of chooses peers of the orgs that act.
func of(acts func(network.Org) bool, peers func(network.Org) []network.Peer) func(network.Org) []network.Peer {
	return func(o network.Org) []network.Peer {
		if !acts(o) {
			return nil
		}
		return peers(o)
	}
}

// Installation is a package on the peers.
type Installation struct {
	PackageID string   `json:"packageID"`
	Installed []string `json:"installed"` // peers that got it now
	Already   []string `json:"already"`   // peers that had it
}

// Install puts a package, made by any tool, on every peer of the org.
func (s *Session) Install(ctx context.Context, pkg []byte, org string) (Installation, error) {
	read, err := ccpackage.Read(pkg)
	if err != nil {
		return Installation{}, err
	}
	done := Installation{PackageID: read.ID, Installed: []string{}, Already: []string{}}
	l, acts, err := s.byHand(ctx, org, "")
	if err != nil {
		return done, err
	}
	var mu sync.Mutex
	err = l.onPeers(ctx, of(acts, allPeers), func(ctx context.Context, a *lifecycle.Admin) error {
		list := &done.Already
		packages, err := a.Installed(ctx)
		if err == nil && !slices.ContainsFunc(packages, func(p lifecycle.Installed) bool { return p.PackageID == read.ID }) {
			list, err = &done.Installed, a.Install(ctx, pkg)
		}
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		*list = append(*list, a.Peer().Name)
		return nil
	})
	slices.Sort(done.Installed)
	slices.Sort(done.Already)
	return done, err
}

// Installed gives the packages on every peer of the org, by the peer's name.
func (s *Session) Installed(ctx context.Context, org string) (map[string][]lifecycle.Installed, error) {
	l, acts, err := s.byHand(ctx, org, "")
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	packages := map[string][]lifecycle.Installed{}
	err = l.onPeers(ctx, of(acts, allPeers), func(ctx context.Context, a *lifecycle.Admin) error {
		installed, err := a.Installed(ctx)
		mu.Lock()
		defer mu.Unlock()
		packages[a.Peer().Name] = append([]lifecycle.Installed{}, installed...)
		return err
	})
	return packages, err
}

// Committed gives the definitions that the channel has agreed on (the one with this name, if it is
// not empty), as the org's first peer knows them.
func (s *Session) Committed(ctx context.Context, name, org, channel string) ([]lifecycle.Definition, error) {
	l, acts, err := s.byHand(ctx, org, channel)
	if err != nil {
		return nil, err
	}
	a, err := l.actor(acts)
	if err != nil {
		return nil, err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	definitions, err := a.Definitions(ctx)
	if err != nil || name == "" {
		return definitions, err
	}
	definitions = slices.DeleteFunc(definitions, func(d lifecycle.Definition) bool { return d.Name != name })
	if len(definitions) == 0 {
		err = fault.New(fault.Lifecycle, `see which there are: "ccdev querycommitted"`,
			"no chaincode %q is committed on %s", name, l.net.Channel)
	}
	return definitions, err
}

// actor is the admin on the first peer of the first org that acts.
func (l *live) actor(acts func(network.Org) bool) (*lifecycle.Admin, error) {
	i := slices.IndexFunc(l.net.Orgs, acts) // byHand knows that there is one
	return lifecycle.NewAdmin(l.net, l.net.Orgs[i], l.net.Orgs[i].Peers[0])
}
