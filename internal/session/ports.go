package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/ports"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/compose-spec/compose-go/v2/types"
)

// lostPorts are the uses of a recorded network whose port, which nobody asked for, somebody else has
// taken while the service did not run, and that may get another one.
func (s *Session) lostPorts(ctx context.Context, n network.Network, p project.Project) ([]network.Use, error) {
	lost := slices.DeleteFunc(n.Uses(), func(u network.Use) bool {
		return !n.CanMove(u) || p.Ports[u.Name] != 0 || ports.Free(u.Port)
	})
	if len(lost) == 0 {
		return nil, nil
	}
	l, err := s.attach(ctx, n)
	if err != nil {
		return nil, err
	}
	services, err := l.rt.Services(ctx)
	if err != nil {
		return nil, err
	}
	run := runningOf(services)
	return slices.DeleteFunc(lost, func(u network.Use) bool { return slices.Contains(run, u.Service) }), nil
}

// movedPorts says in words which ports a network has for those it lost.
func movedPorts(lost []network.Use, n network.Network) (moved []string) {
	for _, now := range n.Uses() {
		for _, was := range lost {
			if was.Name == now.Name && was.Port != now.Port {
				moved = append(moved, fmt.Sprintf("%s has port %d now: somebody else listens on %d", now.Name, now.Port, was.Port))
			}
		}
	}
	return moved
}

// startServices has the runtime start services. The fix for a port that somebody else has is what helps here.
func (u *bringUp) startServices(ctx context.Context, model *types.Project, services ...string) error {
	err := u.rt.Start(ctx, model, services...)
	taken := (*runtime.PortTaken)(nil)
	if !errors.As(err, &taken) {
		return err
	}
	for _, use := range u.net.Uses() {
		if use.Port == taken.Port {
			return fault.New(fault.Boot, u.portFix(use), "%w", taken)
		}
	}
	return err
}

func (u *bringUp) portFix(use network.Use) string {
	const anew = `make a new network: "ccdev down -v" (the ledger goes), then "ccdev up"`
	end := fmt.Sprintf("end what listens on port %d, or ", use.Port)
	switch asked := u.project.Ports[use.Name] != 0; {
	case asked && (u.first || !use.Node):
		return end + fmt.Sprintf("set another port for %s in %s", use.Name, project.FileName)
	case asked:
		return end + fmt.Sprintf("set another port for %s in %s and %s", use.Name, project.FileName, anew)
	case u.first || u.net.CanMove(use):
		return `run "ccdev up": it takes another port`
	default:
		return end + anew + ", which takes another port"
	}
}
