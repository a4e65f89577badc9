package session

import (
	"context"
	"os"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/compose-spec/compose-go/v2/types"
)

// Model is the network as a compose project, with the user's override file merged in.
func (s *Session) Model(ctx context.Context) (*types.Project, error) {
	n, err := s.Network()
	if err != nil {
		return nil, err
	}
	generations, err := ranBefore(n)
	if err != nil {
		return nil, err
	}
	merged, _, err := modelOf(ctx, n, generations)
	return merged, err
}

// model is the network with what the step "fabric" found out.
func (u *bringUp) model(ctx context.Context, generations map[string]topology.Generation) (merged, own *types.Project, err error) {
	n := u.net // a copy: other steps read it
	n.Programs = u.programs
	return modelOf(ctx, n, generations)
}

// modelOf is a network as a compose project, with these generations of its chaincodes by name
// (none for one that has not run), and what the user's override file makes of it.
func modelOf(ctx context.Context, n network.Network, generations map[string]topology.Generation) (merged, own *types.Project, err error) {
	own, err = topology.Nodes(n)
	if err != nil {
		return nil, nil, err
	}
	for _, cc := range n.Chaincodes {
		g := generations[cc.Name]
		g.PackageID = cc.PackageID
		if g.Image, err = imageOf(cc, g); err != nil {
			return nil, nil, err
		}
		if err := topology.AddChaincode(own, n, cc, g); err != nil {
			return nil, nil, err
		}
	}
	merged, err = topology.Merge(ctx, own)
	return merged, own, err
}

// ranBefore are the generations of the chaincodes that have run on a network, by name.
func ranBefore(n network.Network) (map[string]topology.Generation, error) {
	generations := map[string]topology.Generation{}
	for _, cc := range n.Chaincodes {
		g, err := runningGeneration(n.ChaincodeDir(cc))
		if err != nil {
			return nil, err
		}
		if _, missing := os.Stat(g.Program); missing == nil {
			generations[cc.Name] = g
		}
	}
	return generations, nil
}
