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
	if d.definition, d.why, err = d.wanted(ctx); err != nil {
		return false, "", err
	}
	var missing atomic.Bool
	err = d.onPeers(ctx, firstPeer, func(ctx context.Context, a *lifecycle.Admin) error {
		if !d.approvedBy(ctx, a) {
			missing.Store(true)
		}
		return nil
	})
	return !missing.Load(), d.sequence() + ", by every org" + d.withCollections(), err
}

// approvedBy tells whether an org has approved this very definition with this package: for a
// sequence that is not committed yet it may have approved another one.
func (d *deployment) approvedBy(ctx context.Context, a *lifecycle.Admin) bool {
	approved, found := a.Approved(ctx, d.cc.Name, d.definition.Sequence)
	return found && approved.PackageID == d.id && len(d.definition.Changes(approved)) == 0
}

// sequence names the definition, with what is new about it.
func (d *deployment) sequence() string {
	text := fmt.Sprintf("sequence %d", d.definition.Sequence)
	if d.why != "" {
		text += ": " + d.why
	}
	return text
}

func (d *deployment) lookCommitted(ctx context.Context) (done bool, reason string, err error) {
	err = d.asFirstAdmin(func(a *lifecycle.Admin) error {
		committed, found, err := a.Committed(ctx, d.cc.Name)
		done = found && committed.Sequence == d.definition.Sequence
		return err
	})
	return done, d.sequence(), err
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
		if d.approvedBy(ctx, a) {
			return nil // approving the same once more is an error to Fabric
		}
		return a.Approve(ctx, d.definition)
	})
	return d.sequence(), err
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
	return d.sequence(), err
}
