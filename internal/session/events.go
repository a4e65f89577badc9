package session

import (
	"context"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/network"
)

// Events gives the last events of a chaincode (the first one for an empty name; all its events for 0),
// oldest first.
func (s *Session) Events(ctx context.Context, chaincode string, last int) ([]gateway.ChaincodeEvent, error) {
	n, chaincode, height, err := s.eventSource(ctx, chaincode)
	if err != nil {
		return nil, err
	}
	client, err := gateway.Connect(n, n.Orgs[0], network.AdminUser)
	if err != nil {
		return nil, err
	}
	defer client.Close() //nolint:errcheck // nothing is left to send
	return client.LastEvents(ctx, n.Channel, chaincode, last, height)
}

// FollowEvents gives each event of a chaincode (the first one for an empty name) that is committed from
// now on, until ctx ends or each returns an error. A peer that ends meanwhile is followed again when it
// is back, without a gap.
func (s *Session) FollowEvents(ctx context.Context, chaincode string, each func(gateway.ChaincodeEvent) error) error {
	_, chaincode, height, err := s.eventSource(ctx, chaincode)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f := ledgerFollower{Session: s, begun: true, next: height}
	repeat(ctx, func(ctx context.Context) {
		f.follow(ctx, func(client *gateway.Client, channel string) error {
			return client.Events(ctx, channel, chaincode, f.next, func(e gateway.ChaincodeEvent) error {
				f.next = e.Block + 1
				err := each(e)
				if err != nil {
					cancel(err)
				}
				return err
			})
		})
	})
	return context.Cause(ctx)
}

// eventSource finds a chaincode, which may have been committed by hand, and how many blocks there are.
func (s *Session) eventSource(ctx context.Context, name string) (n network.Network, chaincode string, height uint64, err error) {
	l, err := s.find(ctx)
	if err != nil {
		return n, "", 0, err
	}
	n = l.net
	if err := l.peersRun(ctx, func(o network.Org) bool { return o.Name == n.Orgs[0].Name }); err != nil {
		return n, "", 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	a, err := lifecycle.NewAdmin(n, n.Orgs[0], n.Orgs[0].Peers[0])
	if err != nil {
		return n, "", 0, err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	if height, err = a.Height(ctx); err != nil {
		return n, "", 0, err
	}
	cc, found := n.Chaincode(name)
	if found {
		return n, cc.Name, height, nil
	}
	if name != "" {
		_, found, err = a.Committed(ctx, name)
	}
	if err == nil && !found {
		err = noChaincode(name)
	}
	return n, name, height, err
}
