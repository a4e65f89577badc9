package session

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
)

// peersWithout gives the peers that lack the package.
func (d *deployment) peersWithout(ctx context.Context) ([]string, error) {
	var mu sync.Mutex
	var missing []string
	err := d.onPeers(ctx, allPeers, func(ctx context.Context, a *lifecycle.Admin) error {
		has, err := d.installed(ctx, a)
		if err == nil && !has {
			mu.Lock()
			defer mu.Unlock()
			missing = append(missing, a.Peer().Name)
		}
		return err
	})
	return missing, err
}

func (d *deployment) installed(ctx context.Context, a *lifecycle.Admin) (bool, error) {
	packages, err := a.Installed(ctx)
	has := slices.ContainsFunc(packages, func(p lifecycle.Installed) bool { return p.PackageID == d.id })
	return has, err
}

// lookApproved finds the definition to approve and commit, the one the channel has or the next
// sequence, and tells whether every org has approved it.
func (d *deployment) lookApproved(ctx context.Context) (done bool, reason string, err error) {
	if d.definition, err = d.wanted(ctx); err != nil {
		return false, "", err
	}
	var missing atomic.Bool
	err = d.onPeers(ctx, firstPeer, func(ctx context.Context, a *lifecycle.Admin) error {
		if a.Approved(ctx, d.cc.Name, d.definition.Sequence) != d.id {
			missing.Store(true)
		}
		return nil
	})
	return !missing.Load(), fmt.Sprintf("sequence %d, by every org", d.definition.Sequence), err
}

// wanted is the definition the channel should have: the committed one where it is the same, and
// otherwise the one after it.
func (d *deployment) wanted(ctx context.Context) (definition lifecycle.Definition, err error) {
	definition = lifecycle.Definition{Name: d.cc.Name, Version: d.cc.Version, Sequence: 1, PackageID: d.id}
	err = d.asFirstAdmin(func(a *lifecycle.Admin) error {
		committed, found, err := a.Committed(ctx, d.cc.Name)
		if err != nil || !found {
			return err
		}
		definition.Sequence = committed.Sequence
		if committed.Version != definition.Version || a.Approved(ctx, d.cc.Name, committed.Sequence) != d.id {
			definition.Sequence++
		}
		return nil
	})
	return definition, err
}

func (d *deployment) lookCommitted(ctx context.Context) (done bool, reason string, err error) {
	err = d.asFirstAdmin(func(a *lifecycle.Admin) error {
		committed, found, err := a.Committed(ctx, d.cc.Name)
		done = found && committed.Sequence == d.definition.Sequence
		return err
	})
	return done, fmt.Sprintf("sequence %d", d.definition.Sequence), err
}

// asFirstAdmin acts on the first org's first peer, where it does not matter which.
func (d *deployment) asFirstAdmin(do func(*lifecycle.Admin) error) error {
	org := d.net.Orgs[0]
	a, err := lifecycle.NewAdmin(d.net, org, org.Peers[0])
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	return do(a)
}

// approve gives every org's approval, as each has to.
func (d *deployment) approve(ctx context.Context) (note string, err error) {
	err = d.onPeers(ctx, firstPeer, func(ctx context.Context, a *lifecycle.Admin) error {
		if a.Approved(ctx, d.cc.Name, d.definition.Sequence) == d.id {
			return nil // approving the same once more is an error to Fabric
		}
		return a.Approve(ctx, d.definition)
	})
	return fmt.Sprintf("sequence %d", d.definition.Sequence), err
}

// commit has the channel take the definition, once every org's peer knows of all approvals:
// before, it would refuse to endorse the commit.
func (d *deployment) commit(ctx context.Context) (note string, err error) {
	err = d.onPeers(ctx, firstPeer, func(ctx context.Context, a *lifecycle.Admin) error {
		return a.AwaitApprovals(ctx, d.definition)
	})
	if err != nil {
		return "", err
	}
	err = d.asFirstAdmin(func(a *lifecycle.Admin) error { return a.Commit(ctx, d.definition) })
	return fmt.Sprintf("sequence %d", d.definition.Sequence), err
}
