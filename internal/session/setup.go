package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/export"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

// setup joins the nodes of an exported network, and deploys its chaincodes. What runs the services is
// not ccdev: it may start them in any order, and this again.
type setup struct {
	net  network.Network
	emit event.Sink
}

// SetUp does so for the network recorded in dir, as the export wrote it. What is done already it leaves
// alone.
func SetUp(ctx context.Context, dir string, emit event.Sink) error {
	n, found, err := network.Recorded(dir)
	if err == nil && !found {
		err = fault.New(fault.Usage, "mount the exported network there", "there is no network in %s", dir)
	}
	if err != nil {
		return err
	}
	s := setup{net: n, emit: emit}
	if err := s.join(ctx); err != nil {
		return err
	}
	for _, cc := range n.Chaincodes {
		if err := s.deploy(ctx, cc); err != nil {
			return err
		}
	}
	return nil
}

// join makes the channel.
func (s setup) join(ctx context.Context) error {
	if _, err := lifecycle.JoinOrderer(ctx, s.net); err != nil {
		return err
	}
	if err := lifecycle.AwaitOrders(ctx, s.net); err != nil {
		return err
	}
	return s.eachPeer(allPeers, func(a *lifecycle.Admin) error {
		joined, err := a.Joined(ctx)
		if err == nil && !joined {
			err = a.Join(ctx)
		}
		if err == nil {
			s.say("%s is in channel %s", a.Peer().Name, s.net.Channel)
		}
		return err
	})
}

// eachPeer does something on the chosen peers of every org, one after the other.
func (s setup) eachPeer(chosen func(network.Org) []network.Peer, do func(*lifecycle.Admin) error) error {
	for _, org := range s.net.Orgs {
		for _, peer := range chosen(org) {
			if err := s.asAdmin(org, peer, do); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s setup) asAdmin(org network.Org, peer network.Peer, do func(*lifecycle.Admin) error) error {
	a, err := lifecycle.NewAdmin(s.net, org, peer)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	return do(a)
}

func (s setup) say(format string, args ...any) {
	s.emit(event.Notice{Text: fmt.Sprintf(format, args...)})
}

// deploy takes a chaincode through the lifecycle, once: a definition that is committed stays.
func (s setup) deploy(ctx context.Context, cc network.Chaincode) error {
	definition, err := definitionOf(s.net, cc)
	if err != nil {
		return err
	}
	definition.Sequence, definition.PackageID = 1, cc.PackageID
	if err := s.install(ctx, cc); err != nil {
		return err
	}
	first := s.net.Orgs[0]
	committed := false
	err = s.asAdmin(first, first.Peers[0], func(a *lifecycle.Admin) error {
		_, committed, err = a.Committed(ctx, cc.Name)
		return err
	})
	if err == nil && !committed {
		err = s.commit(ctx, definition)
	}
	if err != nil {
		return err
	}
	if err := s.initialize(ctx, cc); err != nil {
		return err
	}
	s.say("chaincode %s is deployed (%s)", cc.Name, cc.PackageID)
	return nil
}

func (s setup) install(ctx context.Context, cc network.Chaincode) error {
	pkg, err := os.ReadFile(export.SetupPackage(s.net, cc))
	if err != nil {
		return fault.New(fault.Usage, "mount the exported network whole", "the package %s cannot be read: %w",
			filepath.Base(export.SetupPackage(s.net, cc)), err)
	}
	return s.eachPeer(allPeers, func(a *lifecycle.Admin) error {
		packages, err := a.Installed(ctx)
		if err != nil {
			return err
		}
		for _, p := range packages {
			if p.PackageID == cc.PackageID {
				return nil
			}
		}
		return a.Install(ctx, pkg)
	})
}

func (s setup) commit(ctx context.Context, definition lifecycle.Definition) error {
	err := s.eachPeer(firstPeer, func(a *lifecycle.Admin) error {
		approved, found := a.Approved(ctx, definition.Name, definition.Sequence)
		if found && approved.PackageID == definition.PackageID {
			return nil
		}
		return a.Approve(ctx, definition)
	})
	if err != nil {
		return err
	}
	first := s.net.Orgs[0]
	err = s.asAdmin(first, first.Peers[0], func(a *lifecycle.Admin) error {
		if err := a.AwaitApprovals(ctx, definition); err != nil {
			return err
		}
		return a.Commit(ctx, definition)
	})
	if err != nil {
		return err
	}
	return s.eachPeer(allPeers, func(a *lifecycle.Admin) error { return a.AwaitCommitted(ctx, definition) })
}

// initialize gives the chaincode its init, where it has one and had none yet.
func (s setup) initialize(ctx context.Context, cc network.Chaincode) error {
	if cc.Init == nil {
		return nil
	}
	_, _, err := giveInit(ctx, s.net, cc)
	return err
}
