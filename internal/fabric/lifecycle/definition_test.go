package lifecycle_test

import (
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fabric/policy"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func TestChanges(t *testing.T) {
	base := func() lifecycle.Definition {
		return lifecycle.Definition{Name: "basic", Version: "1.0", Sequence: 1, Collections: collections("a", "b")}
	}
	for name, tc := range map[string]struct {
		change func(*lifecycle.Definition)
		want   []string
	}{
		"nothing":               {change: func(*lifecycle.Definition) {}},
		"sequence and package":  {change: func(d *lifecycle.Definition) { d.Sequence, d.PackageID = 2, "other:1" }},
		"the default, by name":  {change: func(d *lifecycle.Definition) { d.Policy = policy.Reference(policy.Default) }},
		"the order":             {change: func(d *lifecycle.Definition) { d.Collections = collections("b", "a") }},
		"the version":           {change: func(d *lifecycle.Definition) { d.Version = "2" }, want: []string{"version 1.0 became 2"}},
		"the policy":            {change: func(d *lifecycle.Definition) { d.Policy = policy.Reference("/Channel/Application/Admins") }, want: []string{"endorsement policy changed"}},
		"an unreadable policy":  {change: func(d *lifecycle.Definition) { d.Policy = &peer.ApplicationPolicy{} }, want: []string{"endorsement policy changed"}},
		"init":                  {change: func(d *lifecycle.Definition) { d.InitRequired = true }, want: []string{"init is required now"}},
		"another collection":    {change: func(d *lifecycle.Definition) { d.Collections = collections("a", "c") }, want: []string{"collection c is new", "collection b is gone"}},
		"a changed collection":  {change: func(d *lifecycle.Definition) { d.Collection("b").MemberOnlyRead = true }, want: []string{"collection b changed"}},
		"no collection at all":  {change: func(d *lifecycle.Definition) { d.Collections = nil }, want: []string{"collection a is gone", "collection b is gone"}},
		"several, in one order": {change: func(d *lifecycle.Definition) { d.Version, d.InitRequired = "2", true }, want: []string{"version 1.0 became 2", "init is required now"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := base()
			tc.change(&d)
			if got := d.Changes(base()); !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func collections(names ...string) *peer.CollectionConfigPackage {
	pkg := &peer.CollectionConfigPackage{}
	for _, name := range names {
		pkg.Config = append(pkg.Config, &peer.CollectionConfig{Payload: &peer.CollectionConfig_StaticCollectionConfig{
			StaticCollectionConfig: &peer.StaticCollectionConfig{Name: name},
		}})
	}
	return pkg
}
