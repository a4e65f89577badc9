package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/fabric/collections"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fabric/policy"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// DefinitionOptions say what to approve, check or commit, as the flags of Fabric's peer command do.
type DefinitionOptions struct {
	Org                 string // all for ""
	Channel             string // the network's for ""
	Name, Version       string
	Sequence            int64   // the next one for 0
	PackageID           *string // the one whose label goes with the name, for nil; "" for none
	SignaturePolicy     string
	ChannelConfigPolicy string
	Collections         string // file
	InitRequired        bool
}

// definition is what the options say, with the sequence made definite.
func (o DefinitionOptions) definition(ctx context.Context, l *live, a *lifecycle.Admin) (d lifecycle.Definition, err error) {
	d = lifecycle.Definition{Name: o.Name, Version: o.Version, Sequence: o.Sequence, InitRequired: o.InitRequired}
	mspIDs := mspIDs(l.net)
	if err := errors.Join(ccpackage.ValidateName(o.Name), ccpackage.ValidateVersion(o.Version)); err != nil {
		return d, err
	}
	if d.Policy, err = o.policy(mspIDs); err != nil {
		return d, err
	}
	if o.Collections != "" {
		if d.Collections, err = collections.Read(o.Collections, peersByMSP(l.net)); err != nil {
			return d, err
		}
	}
	if d.Sequence == 0 {
		committed, _, err := a.Committed(ctx, o.Name)
		if err != nil {
			return d, err
		}
		d.Sequence = committed.Sequence + 1
	}
	return d, nil
}

func (o DefinitionOptions) policy(mspIDs []string) (*peer.ApplicationPolicy, error) {
	switch {
	case o.SignaturePolicy != "" && o.ChannelConfigPolicy != "":
		return nil, fault.New(fault.Usage, "give one of them", "both --signature-policy and --channel-config-policy are given")
	case o.ChannelConfigPolicy != "":
		return policy.Reference(o.ChannelConfigPolicy), nil
	case policy.IsReference(o.SignaturePolicy):
		return nil, fault.New(fault.Usage, "give it as --channel-config-policy "+o.SignaturePolicy,
			"--signature-policy %q is the name of a policy of the channel", o.SignaturePolicy)
	}
	p, err := policy.Application(o.SignaturePolicy, mspIDs)
	if err != nil {
		return nil, fmt.Errorf("--signature-policy: %w", err)
	}
	return p, nil
}

// peersByMSP is how many peers each org has, by its MSP ID.
func peersByMSP(n network.Network) map[string]int {
	count := map[string]int{}
	for _, o := range n.Orgs {
		count[o.MSPID] = len(o.Peers)
	}
	return count
}

func mspIDs(n network.Network) []string {
	var ids []string
	for _, o := range n.Orgs {
		ids = append(ids, o.MSPID)
	}
	return ids
}

// Approval is what the orgs have approved.
type Approval struct {
	Definition lifecycle.Definition
	PackageIDs map[string]string // by MSP ID; "" for an org that has approved without a package
}

// Approve gives the approval of the org. One that approved the same before stays with it.
func (s *Session) Approve(ctx context.Context, o DefinitionOptions) (done Approval, err error) {
	l, acts, a, err := s.defining(ctx, o)
	if err != nil {
		return done, err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	done.PackageIDs = map[string]string{}
	if done.Definition, err = o.definition(ctx, l, a); err != nil {
		return done, err
	}
	var mu sync.Mutex
	err = l.onPeers(ctx, of(acts, firstPeer), func(ctx context.Context, a *lifecycle.Admin) error {
		d := done.Definition
		id, err := o.packageID(ctx, a)
		if err != nil {
			return err
		}
		d.PackageID = id
		approved, found := a.Approved(ctx, d.Name, d.Sequence)
		if !found || approved.PackageID != d.PackageID || len(d.Changes(approved)) > 0 {
			if err := a.Approve(ctx, d); err != nil {
				return err
			}
		}
		mu.Lock()
		defer mu.Unlock()
		done.PackageIDs[a.Org().MSPID] = d.PackageID
		return nil
	})
	return done, err
}

// defining is byHand with the admin who asks what is committed.
func (s *Session) defining(ctx context.Context, o DefinitionOptions) (*live, func(network.Org) bool, *lifecycle.Admin, error) {
	l, acts, err := s.byHand(ctx, o.Org, o.Channel)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := l.actor(acts)
	return l, acts, a, err
}

// packageID is the package asked for, or the one on the peer whose label goes with the name:
// NAME_VERSION, or NAME.
func (o DefinitionOptions) packageID(ctx context.Context, a *lifecycle.Admin) (string, error) {
	if o.PackageID != nil {
		return *o.PackageID, nil
	}
	installed, err := a.Installed(ctx)
	if err != nil {
		return "", err
	}
	var all, fitting []string
	for _, p := range installed {
		all = append(all, p.PackageID)
		if p.Label == o.Name+"_"+o.Version || p.Label == o.Name {
			fitting = append(fitting, p.PackageID)
		}
	}
	switch {
	case len(fitting) == 1:
		return fitting[0], nil
	case len(all) == 0:
		return "", fault.New(fault.Usage, `install it first: "ccdev install FILE"; or approve without one: --package-id ""`,
			"%s has no package", a.Peer().Name)
	default:
		return "", fault.New(fault.Usage, "say which with --package-id:\n"+strings.Join(all, "\n"),
			"%s has %d packages with the label %s_%s or %[3]s", a.Peer().Name, len(fitting), o.Name, o.Version)
	}
}

// Ready tells by MSP ID which orgs have approved the definition, as the org's first peer knows.
func (s *Session) Ready(ctx context.Context, o DefinitionOptions) (lifecycle.Definition, map[string]lifecycle.Readiness, error) {
	l, _, a, err := s.defining(ctx, o)
	if err != nil {
		return lifecycle.Definition{}, nil, err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	d, err := o.definition(ctx, l, a)
	if err != nil {
		return d, nil, err
	}
	ready, err := a.Readiness(ctx, d)
	return d, ready, err
}

// Commit makes the definition the channel's, and returns once every org's first peer has it.
func (s *Session) Commit(ctx context.Context, o DefinitionOptions) (d lifecycle.Definition, err error) {
	l, _, a, err := s.defining(ctx, o)
	if err != nil {
		return d, err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	if d, err = o.definition(ctx, l, a); err != nil {
		return d, err
	}
	if err := a.Commit(ctx, d); err != nil {
		return d, notCommitted(ctx, a, d, err)
	}
	return d, l.onPeers(ctx, firstPeer, func(ctx context.Context, a *lifecycle.Admin) error { return a.AwaitCommitted(ctx, d) })
}

// notCommitted says which approvals are missing, if that is what has failed a commit.
func notCommitted(ctx context.Context, a *lifecycle.Admin, d lifecycle.Definition, failed error) error {
	ready, err := a.Readiness(ctx, d)
	if err != nil {
		return failed
	}
	var missing []string
	for _, org := range slices.Sorted(maps.Keys(ready)) {
		if r := ready[org]; len(r.Mismatches) > 0 {
			missing = append(missing, fmt.Sprintf("%s (which has approved it with another %s)", org, strings.Join(r.Mismatches, ", ")))
		} else if !r.Approved {
			missing = append(missing, org)
		}
	}
	if len(missing) == 0 {
		return failed
	}
	return fault.New(fault.Lifecycle, `have it approved with these very parameters: "ccdev approve"; "ccdev checkcommitreadiness" tells who has`,
		"%s, sequence %d, cannot be committed, as it is not approved by %s: %w", d.Name, d.Sequence, strings.Join(missing, ", "), failed)
}
