// Package lifecycle joins nodes to the channel and takes chaincodes through install, approve and commit.
package lifecycle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/dial"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limit bounds each operation, its tries against a node that is still starting included.
const Limit = 30 * time.Second

// Admin acts for one org of the network, as its Admin, on one of its peers.
type Admin struct {
	net  network.Network
	org  network.Org
	peer network.Peer
	id   identity.SigningIdentity
	conn *grpc.ClientConn
}

// NewAdmin makes the admin of a peer. The caller closes it.
func NewAdmin(n network.Network, org network.Org, peer network.Peer) (*Admin, error) {
	id, err := msp.LoadUser(n, org.Domain, network.AdminUser)
	if err != nil {
		return nil, err
	}
	conn, err := dial.Peer(n, org, peer)
	if err != nil {
		return nil, err
	}
	return &Admin{net: n, org: org, peer: peer, id: id, conn: conn}, nil
}

// Close ends the connection.
func (a *Admin) Close() error { return a.conn.Close() }

// Peer is the peer it acts on.
func (a *Admin) Peer() network.Peer { return a.peer }

// Org is the org it acts for.
func (a *Admin) Org() network.Org { return a.org }

// Installed is a package on a peer.
type Installed struct {
	PackageID string `json:"packageID"`
	Label     string `json:"label"`
}

// Installed lists the packages on the peer.
func (a *Admin) Installed(ctx context.Context) ([]Installed, error) {
	var installed []Installed
	err := a.try(ctx, func(ctx context.Context) error {
		result, err := chaincode.NewPeer(a.conn, a.id).QueryInstalled(ctx)
		if err != nil {
			return err
		}
		installed = nil
		for _, cc := range result.GetInstalledChaincodes() {
			installed = append(installed, Installed{cc.GetPackageId(), cc.GetLabel()})
		}
		return nil
	})
	return installed, a.failed("list the installed packages", err)
}

// Install puts a package on the peer, which runs it through its external builder.
func (a *Admin) Install(ctx context.Context, pkg []byte) error {
	err := a.try(ctx, func(ctx context.Context) error {
		_, err := chaincode.NewPeer(a.conn, a.id).Install(ctx, bytes.NewReader(pkg))
		return err
	})
	return a.failed("install the package", err)
}

// Definition is what the channel agrees on for a chaincode.
type Definition struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Sequence  int64  `json:"sequence"`
	PackageID string `json:"packageID,omitempty"` // each org's own
}

func (d Definition) sdk(channel string) *chaincode.Definition {
	return &chaincode.Definition{
		ChannelName: channel, Name: d.Name, Version: d.Version, Sequence: d.Sequence, PackageID: d.PackageID,
	}
}

// Committed gives the committed definition of a chaincode, and whether there is one.
func (a *Admin) Committed(ctx context.Context, name string) (Definition, bool, error) {
	var found *Definition
	err := a.try(ctx, func(ctx context.Context) error {
		// The list, not the one by name: an unknown name is an error with nothing but its text.
		result, err := a.gateway().QueryCommitted(ctx, a.net.Channel)
		if err != nil {
			return err
		}
		for _, d := range result.GetChaincodeDefinitions() {
			if d.GetName() == name {
				found = &Definition{Name: name, Version: d.GetVersion(), Sequence: d.GetSequence()}
			}
		}
		return nil
	})
	if err != nil || found == nil {
		return Definition{}, false, a.failed("list the committed chaincodes", err)
	}
	return *found, true, nil
}

// Approved gives the package ID that the org has approved for this sequence; "" when the org
// approved none, or has approved no such sequence.
func (a *Admin) Approved(ctx context.Context, name string, sequence int64) string {
	result, err := a.gateway().QueryApproved(ctx, a.net.Channel, name, sequence)
	if err != nil {
		return "" // the peer's answer for "not approved" is an error, told apart by its text only
	}
	return result.GetSource().GetLocalPackage().GetPackageId()
}

// Approve gives the org's approval to a definition.
func (a *Admin) Approve(ctx context.Context, d Definition) error {
	err := a.try(ctx, func(ctx context.Context) error { return a.gateway().Approve(ctx, d.sdk(a.net.Channel)) })
	return a.failed(fmt.Sprintf("approve %s, sequence %d,", d.Name, d.Sequence), err)
}

// AwaitApprovals waits until the peer knows every org's approval of the definition: without
// them it would reject the commit.
func (a *Admin) AwaitApprovals(ctx context.Context, d Definition) error {
	err := a.try(ctx, func(ctx context.Context) error {
		result, err := a.gateway().CheckCommitReadiness(ctx, d.sdk(a.net.Channel))
		if err != nil {
			return err
		}
		for _, org := range a.net.Orgs {
			if !result.GetApprovals()[org.MSPID] {
				return notYet{fmt.Errorf("%s does not know of the approval by %s", a.peer.Name, org.MSPID)}
			}
		}
		return nil
	})
	return a.failed(fmt.Sprintf("see the approvals of %s, sequence %d,", d.Name, d.Sequence), err)
}

// Commit makes an approved definition the channel's. It returns when this admin's peer has it.
func (a *Admin) Commit(ctx context.Context, d Definition) error {
	err := a.try(ctx, func(ctx context.Context) error { return a.gateway().Commit(ctx, d.sdk(a.net.Channel)) })
	return a.failed(fmt.Sprintf("commit %s, sequence %d,", d.Name, d.Sequence), err)
}

// AwaitCommitted waits until the peer has the committed definition, which other peers had before.
func (a *Admin) AwaitCommitted(ctx context.Context, d Definition) error {
	err := a.try(ctx, func(ctx context.Context) error {
		has, found, err := a.Committed(ctx, d.Name)
		if err == nil && (!found || has.Sequence < d.Sequence) {
			err = notYet{fmt.Errorf("%s has not yet committed %s, sequence %d", a.peer.Name, d.Name, d.Sequence)}
		}
		return err
	})
	return a.failed("see the commit", err)
}

func (a *Admin) gateway() *chaincode.Gateway { return chaincode.NewGateway(a.conn, a.id) }

// notYet marks an answer that the next try may find changed.
type notYet struct{ error }

// try repeats what fails only because a node is not ready yet: it does not listen, it has no
// leader to order with, or it does not know of the other orgs' peers.
func (a *Admin) try(ctx context.Context, call func(ctx context.Context) error) error {
	return wait.For(ctx, Limit, func(ctx context.Context) error {
		err := call(ctx)
		if ready(err) {
			return wait.Stop(err)
		}
		return err
	})
}

// ready tells whether an answer is final.
func ready(err error) bool {
	var later notYet
	var commit *client.CommitStatusError
	switch {
	case err == nil, errors.As(err, &commit): // ordered already: a second try could only disagree
		return true
	case errors.As(err, &later):
		return false
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.FailedPrecondition: // FailedPrecondition: gateway knows too few endorsers yet
		return false
	default:
		return true
	}
}

func (a *Admin) failed(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(fault.Lifecycle, fmt.Sprintf("look at the log: \"ccdev logs %s\"", a.peer.Name),
		"%s could not %s on %s: %w", a.org.Name, what, a.peer.Name, err)
}
