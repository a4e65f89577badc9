package session

import (
	"context"
	"slices"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/ports"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/steps"
)

// Deploy gives a chaincode (every one for an empty name) the definition that the project asks for
// now: the next sequence where anything differs, or, if forced, in any case.
func (s *Session) Deploy(ctx context.Context, name string, force bool) error {
	p, err := project.Load(s.dir, project.Overrides{})
	if err != nil {
		return err
	}
	if err := checkSources(&p); err != nil {
		return err
	}
	release, err := s.lock(ctx, "deploy")
	if err != nil {
		return err
	}
	defer release()
	return s.deploy(ctx, p, name, force)
}

func (s *Session) deploy(ctx context.Context, p project.Project, name string, force bool) error {
	s.deployed = intentOf(p) // first: what changes meanwhile is a change
	n, err := s.withChaincodes(ctx, p, s.claimPorts)
	if err != nil {
		return err
	}
	if _, known := n.Chaincode(name); name != "" && !known {
		return noChaincode(name)
	}
	l, err := s.attach(ctx, n)
	if err == nil {
		err = secure(n, p)
	}
	if err == nil {
		err = n.Save()
	}
	if err != nil {
		return err
	}
	s.emit(event.Begun{Project: n.Name, Fabric: n.Fabric, Runtime: n.Runtime})
	u := &bringUp{Session: s, live: l, project: p, programs: n.Programs}
	if force {
		u.forced = namesOf(n, name)
	}
	return steps.Run(ctx, u.steps(), s.emit)
}

// namesOf are the chaincodes that a name stands for: all for an empty one.
func namesOf(n network.Network, name string) []string {
	var names []string
	for _, cc := range n.Chaincodes {
		if name == "" || name == cc.Name {
			names = append(names, cc.Name)
		}
	}
	return names
}

// withChaincodes is the recorded network with the chaincodes that the project has now.
func (s *Session) withChaincodes(ctx context.Context, p project.Project, book portsFunc) (n network.Network, err error) {
	recorded, err := s.Network()
	if err != nil {
		return n, err
	}
	err = book(ctx, func(claims *ports.Claims) error {
		n, err = recorded.WithChaincodes(p, claims.Port)
		return err
	})
	if err == nil {
		err = checkTLS(n, p)
	}
	if err != nil {
		return n, err
	}
	return n, define(n)
}

// next tells whether a chaincode gets a new sequence whatever it has.
func (u *bringUp) next(cc network.Chaincode) bool { return slices.Contains(u.forced, cc.Name) }
