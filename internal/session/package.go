package session

import (
	"context"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// Package makes the package of a chaincode (the first one for an empty name): the very bytes
// that up installs, unless label or packageType ask for others.
func (s *Session) Package(ctx context.Context, name, label, packageType string) (pkg []byte, id string, err error) {
	n, err := s.networkOrPlan(ctx)
	if err != nil {
		return nil, "", err
	}
	cc, found := n.Chaincode(name)
	if !found {
		return nil, "", noChaincode(name)
	}
	if label != "" {
		cc.Label = label
	}
	return packageOf(cc, packageType)
}

// networkOrPlan is the recorded network; where there is none, the one that up would make. The
// plan claims its ports, for they are in the package.
func (s *Session) networkOrPlan(ctx context.Context) (network.Network, error) {
	n, recorded, err := network.Recorded(s.dir)
	if err != nil || recorded {
		return n, err
	}
	p, err := project.Load(s.dir, project.Overrides{})
	if err != nil {
		return n, err
	}
	if err := checkSources(&p); err != nil {
		return n, err
	}
	if err := network.PrepareStateDir(s.dir); err != nil {
		return n, err // without it the ports would count as nobody's
	}
	n, _, _, err = s.definite(ctx, p, s.claimPorts)
	if err == nil {
		err = secure(n, p)
	}
	return n, err
}
