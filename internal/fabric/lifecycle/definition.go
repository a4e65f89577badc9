package lifecycle

import (
	"fmt"

	"github.com/ccdev/ccdev/internal/fabric/policy"
	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Definition is what the channel agrees on for a chaincode.
type Definition struct {
	Name         string
	Version      string
	Sequence     int64
	PackageID    string                        // each org's own
	Policy       *peer.ApplicationPolicy       // of its endorsement; nil for policy.Default
	Collections  *peer.CollectionConfigPackage // nil for none
	InitRequired bool
}

func (d Definition) sdk(channel string) *chaincode.Definition {
	return &chaincode.Definition{
		ChannelName: channel, Name: d.Name, Version: d.Version, Sequence: d.Sequence, PackageID: d.PackageID,
		ApplicationPolicy: d.Policy, Collections: d.Collections, InitRequired: d.InitRequired,
	}
}

// told is a definition as the peer tells it, in any of its answers.
type told interface {
	GetVersion() string
	GetSequence() int64
	GetValidationParameter() []byte
	GetCollections() *peer.CollectionConfigPackage
	GetInitRequired() bool
}

// definitionOf reads an answer of the peer. A policy that it cannot read is like no other.
func definitionOf(name string, t told) Definition {
	d := Definition{
		Name: name, Version: t.GetVersion(), Sequence: t.GetSequence(), Policy: &peer.ApplicationPolicy{},
		Collections: t.GetCollections(), InitRequired: t.GetInitRequired(),
	}
	if err := proto.Unmarshal(t.GetValidationParameter(), d.Policy); err != nil {
		d.Policy = &peer.ApplicationPolicy{}
	}
	return d
}

// Changes says in words what makes this definition another one than before, apart from the
// sequence and the package; nothing where they mean the same.
func (d Definition) Changes(before Definition) []string {
	var changes []string
	if d.Version != before.Version {
		changes = append(changes, fmt.Sprintf("version %s became %s", before.Version, d.Version))
	}
	if !proto.Equal(d.policy(), before.policy()) {
		changes = append(changes, "endorsement policy changed")
	}
	changes = append(changes, d.collectionChanges(before)...)
	if d.InitRequired != before.InitRequired {
		changes = append(changes, map[bool]string{true: "init is required now", false: "init is not required any more"}[d.InitRequired])
	}
	return changes
}

// policy is the definition's own, or the one that the peer puts in its place.
func (d Definition) policy() *peer.ApplicationPolicy {
	if d.Policy == nil {
		return policy.Reference(policy.Default)
	}
	return d.Policy
}

// collectionChanges compares collection by collection: their order means nothing.
func (d Definition) collectionChanges(before Definition) []string {
	var changes []string
	for _, c := range d.Collections.GetConfig() {
		now := c.GetStaticCollectionConfig()
		switch was := before.Collection(now.GetName()); {
		case was == nil:
			changes = append(changes, "collection "+now.GetName()+" is new")
		case !proto.Equal(now, was):
			changes = append(changes, "collection "+now.GetName()+" changed")
		}
	}
	for _, c := range before.Collections.GetConfig() {
		if name := c.GetStaticCollectionConfig().GetName(); d.Collection(name) == nil {
			changes = append(changes, "collection "+name+" is gone")
		}
	}
	return changes
}

// Collection finds a collection by name; nil if there is none.
func (d Definition) Collection(name string) *peer.StaticCollectionConfig {
	for _, c := range d.Collections.GetConfig() {
		if static := c.GetStaticCollectionConfig(); static.GetName() == name {
			return static
		}
	}
	return nil
}
