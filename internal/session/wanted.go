package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/fabric/collections"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fabric/policy"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// define completes the network's chaincodes with what their files say, and finds out what Fabric
// would refuse of it before anything is changed.
func define(n network.Network) error {
	for i := range n.Chaincodes {
		cc := &n.Chaincodes[i]
		if _, err := definitionOf(n, *cc); err != nil {
			return err
		}
		var err error
		_, cc.PackageID, err = packageOf(*cc, packageType)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its certificates are made later, and it is defined once more
		}
		if err != nil {
			return fmt.Errorf("the package of %s: %w", cc.Name, err)
		}
	}
	return nil
}

// definitionOf is what the project wants the channel to agree on, without sequence and package.
func definitionOf(n network.Network, cc network.Chaincode) (lifecycle.Definition, error) {
	d := lifecycle.Definition{Name: cc.Name, Version: cc.Version, InitRequired: cc.Init != nil}
	mspIDs := mspIDs(n)
	var err error
	if d.Policy, err = policy.Application(cc.Endorsement, mspIDs); err != nil {
		return d, fmt.Errorf("endorsement of %s in %s: %w", cc.Name, project.FileName, err)
	}
	if cc.Collections != "" {
		d.Collections, err = collections.Read(cc.Collections, peersByMSP(n))
	}
	return d, err
}

// withCollections says where the chaincode's collections are from.
func (d *deployment) withCollections() string {
	if d.cc.Collections == "" {
		return ""
	}
	file := d.cc.Collections
	if inside, err := filepath.Rel(d.net.Dir, file); err == nil {
		file = inside
	}
	return ", with the collections in " + file
}

// wanted is the definition the channel should have: the committed one where it means the same, and
// otherwise the one after it, with what has changed.
func (d *deployment) wanted(ctx context.Context) (definition lifecycle.Definition, why string, err error) {
	if definition, err = definitionOf(d.net, d.cc); err != nil {
		return definition, "", err
	}
	definition.Sequence, definition.PackageID = 1, d.id
	err = d.asFirstAdmin(func(a *lifecycle.Admin) error {
		committed, found, err := a.Committed(ctx, d.cc.Name)
		if err != nil || !found {
			return err
		}
		if err := keepsCollections(definition, committed); err != nil {
			return err
		}
		definition.Sequence = committed.Sequence
		changes := definition.Changes(committed)
		if approved, _ := a.Approved(ctx, d.cc.Name, committed.Sequence); approved.PackageID != d.id {
			changes = append(changes, d.packageChanges(ctx, a, approved.PackageID)...)
		}
		if d.next && len(changes) == 0 {
			changes = []string{"asked for"}
		}
		if len(changes) > 0 {
			definition.Sequence++
		}
		why = strings.Join(changes, ", ")
		return nil
	})
	return definition, why, err
}

// keepsCollections refuses what the peer would, once there is a collection
// (core/chaincode/lifecycle/scc.go, validateCollConfigsAgainstCommittedDef).
func keepsCollections(wanted, committed lifecycle.Definition) error {
	const fix = "put it back; or begin with a new ledger: \"ccdev reset\""
	for _, c := range committed.Collections.GetConfig() {
		was := c.GetStaticCollectionConfig()
		now := wanted.Collection(was.GetName())
		if now == nil {
			return fault.New(fault.Usage, fix, "%s has the collection %s, and Fabric lets no collection go", wanted.Name, was.GetName())
		}
		if now.GetBlockToLive() != was.GetBlockToLive() {
			return fault.New(fault.Usage, fix, "the collection %s of %s has a blockToLive of %d, and Fabric lets nobody change it (to %d)",
				was.GetName(), wanted.Name, was.GetBlockToLive(), now.GetBlockToLive())
		}
	}
	return nil
}

// packageChanges says in words what makes the package another one than the org has approved.
func (d *deployment) packageChanges(ctx context.Context, a *lifecycle.Admin, before string) []string {
	was, err := installedPackage(ctx, a, before)
	now, nowErr := ccpackage.Read(d.pkg)
	if err != nil || nowErr != nil {
		return []string{"package changed"} // as much as the IDs tell
	}
	var changes []string
	if was.Label != now.Label {
		changes = append(changes, fmt.Sprintf("label %s became %s", was.Label, now.Label))
	}
	if was.Connection == nil || was.Connection.Address != now.Connection.Address {
		changes = append(changes, "address changed")
	} else if *was.Connection != *now.Connection {
		changes = append(changes, "TLS changed")
	}
	if len(changes) == 0 || !slices.Equal(filesOf(was), filesOf(now)) {
		changes = append(changes, "META-INF changed")
	}
	return changes
}

// filesOf are the files of a package besides its connection.
func filesOf(pkg ccpackage.Package) []ccpackage.File {
	return slices.DeleteFunc(slices.Clone(pkg.Files), func(f ccpackage.File) bool { return f.Name == ccpackage.ConnectionFile })
}

func installedPackage(ctx context.Context, a *lifecycle.Admin, id string) (ccpackage.Package, error) {
	pkg, err := a.Package(ctx, id)
	if err != nil {
		return ccpackage.Package{}, err
	}
	return ccpackage.Read(pkg)
}
