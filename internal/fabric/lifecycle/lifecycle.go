// Package lifecycle joins nodes to the channel and takes chaincodes through install, approve and commit.
package lifecycle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/dial"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-admin-sdk/pkg/discovery"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
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

// Package gives the bytes of a package that is installed on the peer.
func (a *Admin) Package(ctx context.Context, packageID string) (pkg []byte, err error) {
	err = a.try(ctx, func(ctx context.Context) error {
		pkg, err = chaincode.NewPeer(a.conn, a.id).GetInstalled(ctx, packageID)
		return err
	})
	return pkg, a.failed("give the package "+packageID, err)
}

// Committed gives the committed definition of a chaincode, and whether there is one.
func (a *Admin) Committed(ctx context.Context, name string) (Definition, bool, error) {
	// The list, not the one by name: an unknown name is an error with nothing but its text.
	definitions, err := a.Definitions(ctx)
	for _, d := range definitions {
		if d.Name == name {
			return d, true, err
		}
	}
	return Definition{}, false, err
}

// Definitions gives all that the channel has agreed on.
func (a *Admin) Definitions(ctx context.Context) ([]Definition, error) {
	var definitions []Definition
	err := a.try(ctx, func(ctx context.Context) error {
		result, err := a.gateway().QueryCommitted(ctx, a.net.Channel)
		if err != nil {
			return err
		}
		definitions = nil
		for _, d := range result.GetChaincodeDefinitions() {
			definitions = append(definitions, definitionOf(d.GetName(), d))
		}
		return nil
	})
	return definitions, a.failed("list the committed chaincodes", err)
}

// Readiness is what an org thinks of a definition that is to be committed.
type Readiness struct {
	Approved   bool     `json:"approved"`
	Mismatches []string `json:"mismatches,omitempty"` // the parts in which it has approved another one; since Fabric 3.0
}

// Readiness tells by MSP ID which orgs have approved the definition, as this peer knows.
func (a *Admin) Readiness(ctx context.Context, d Definition) (map[string]Readiness, error) {
	orgs := map[string]Readiness{}
	err := a.try(ctx, func(ctx context.Context) error {
		result, err := a.gateway().CheckCommitReadiness(ctx, d.sdk(a.net.Channel))
		for org, approved := range result.GetApprovals() {
			// The peer names the whole where the org has approved nothing (core/chaincode/lifecycle,
			// IsSerialized).
			items := slices.DeleteFunc(result.GetMismatches()[org].GetItems(), func(i string) bool { return i == "ChaincodeParameters" })
			orgs[org] = Readiness{Approved: approved, Mismatches: items}
		}
		return err
	})
	return orgs, a.failed(fmt.Sprintf("check %s, sequence %d,", d.Name, d.Sequence), err)
}

// Approved gives what the org has approved for this sequence, with the package ID; found is false
// when the org approved none, or has approved no such sequence.
func (a *Admin) Approved(ctx context.Context, name string, sequence int64) (d Definition, found bool) {
	result, err := a.gateway().QueryApproved(ctx, a.net.Channel, name, sequence)
	if err != nil {
		return d, false // the peer's answer for "not approved" is an error, told apart by its text only
	}
	d = definitionOf(name, result)
	d.PackageID = result.GetSource().GetLocalPackage().GetPackageId()
	return d, true
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

// AwaitEndorsers waits until the peer knows a peer of every org that has the chaincode: its gateway asks
// those for endorsements. They tell it a moment after they have the definition, and so it does itself.
func (a *Admin) AwaitEndorsers(ctx context.Context, name string) error {
	has := &peer.ChaincodeInterest{Chaincodes: []*peer.ChaincodeCall{{Name: name}}}
	err := a.try(ctx, func(ctx context.Context) error {
		known, err := discovery.NewPeer(a.conn, a.id).PeerMembershipQuery(ctx, a.net.Channel, has)
		if err != nil {
			return err
		}
		for _, org := range a.net.Orgs {
			if len(org.Peers) > 0 && len(known.GetPeersByOrg()[org.MSPID].GetPeers()) == 0 {
				return notYet{fmt.Errorf("%s has not yet heard of a peer of %s that has chaincode %s", a.peer.Name, org.Name, name)}
			}
		}
		return nil
	})
	return a.failed("find endorsers of "+name, err)
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
