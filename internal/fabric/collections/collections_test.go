package collections_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/collections"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func read(t *testing.T, text string) (*peer.CollectionConfigPackage, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "collections.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return collections.Read(file, map[string]int{"Org1MSP": 1, "Org2MSP": 2})
}

func TestAllFields(t *testing.T) {
	pkg, err := read(t, "\ufeff[\n\t{\"name\": \"a-B_1\", \"policy\": \"OR('Org1MSP.member', OR('Org2MSP.member'))\",\n"+
		"\t\t\"requiredPeerCount\": 1, \"maxPeerCount\": 3, \"blockToLive\": 18446744073709551615,\n"+
		"\t\t\"memberOnlyRead\": true, \"memberOnlyWrite\": true,\n"+
		"\t\t\"endorsementPolicy\": {\"signaturePolicy\": \"OR('Org1MSP.peer')\"}},\n"+
		"\t{\"name\": \"plain\", \"policy\": \"OR('Org2MSP.member')\", \"endorsementPolicy\": {\"channelConfigPolicy\": \"Channel/Application/Admins\"}}\n]\n")
	if err != nil {
		t.Fatal(err)
	}
	full, plain := pkg.GetConfig()[0].GetStaticCollectionConfig(), pkg.GetConfig()[1].GetStaticCollectionConfig()
	if full.GetName() != "a-B_1" || full.GetRequiredPeerCount() != 1 || full.GetMaximumPeerCount() != 3 ||
		full.GetBlockToLive() != 1<<64-1 || !full.GetMemberOnlyRead() || !full.GetMemberOnlyWrite() ||
		len(full.GetMemberOrgsPolicy().GetSignaturePolicy().GetIdentities()) != 2 ||
		len(full.GetEndorsementPolicy().GetSignaturePolicy().GetIdentities()) != 1 {
		t.Errorf("the first one is %v", full)
	}
	if got := collections.Members(full); !slices.Equal(got, []string{"Org1MSP", "Org2MSP"}) {
		t.Errorf("its members are %v", got)
	}
	if plain.GetRequiredPeerCount() != 0 || plain.GetMaximumPeerCount() != 1 ||
		plain.GetEndorsementPolicy().GetChannelConfigPolicyReference() != "/Channel/Application/Admins" {
		t.Errorf("the second one is %v", plain)
	}
}

func TestNoCollectionsAreNone(t *testing.T) {
	if pkg, err := read(t, "[]"); pkg != nil || err != nil {
		t.Errorf("got %v, %v", pkg, err)
	}
}

func TestWhatFabricWouldRefuse(t *testing.T) {
	const ok = `"policy": "OR('Org1MSP.member')"`
	for name, tc := range map[string]struct{ text, what, fix string }{
		"no JSON":            {"[\n {\"name\": \"a\",}\n]", "it is not JSON, in line 2", "correct"},
		"cut off":            {"[\n {\"name\":", "it is not JSON, in line 2", "correct"},
		"no list":            {`{"name": "a"}`, "it is not a list", "correct"},
		"an unknown field":   {"[\n {\"name\": \"a\", " + ok + ",\n  \"memberOnlyReed\": true}\n]", `unknown field "memberOnlyReed"`, "memberOnlyRead"},
		"a wrong type":       {`[{"name": "a", ` + ok + `, "maxPeerCount": "many"}]`, "maxPeerCount", "the fields are"},
		"a name":             {`[{"name": "_a", ` + ok + `}]`, `"_a" is no name of a collection`, "no _ at its beginning"},
		"no name":            {`[{` + ok + `}]`, "a collection has no name", "give it one"},
		"twice":              {`[{"name": "a", ` + ok + `}, {"name": "a", ` + ok + `}]`, `two collections are named "a"`, "correct"},
		"more than the most": {`[{"name": "a", ` + ok + `, "requiredPeerCount": 2}]`, "requiredPeerCount 2 is more than maxPeerCount 1", "set maxPeerCount to 2 at least"},
		"none to give it to": {"[{\"name\": \"a\", " + ok + ",\n\"requiredPeerCount\": 1}]", "requiredPeerCount 1 of the collection a cannot be met: its members (Org1MSP) have 1 peer(s)", "set requiredPeerCount to 0 at most"},
		"too few to give it to": {
			`[{"name": "a", "policy": "OR('Org1MSP.member','Org2MSP.member')", "requiredPeerCount": 3, "maxPeerCount": 3}]`,
			"its members (Org1MSP, Org2MSP) have 3 peer(s)", "more peers: in ccdev.yaml",
		},
		"a negative count": {`[{"name": "a", ` + ok + `, "requiredPeerCount": -1}]`, "below 0", "correct"},
		"and":              {`[{"name": "a", "policy": "AND('Org1MSP.member','Org2MSP.member')"}]`, "only OR is possible", "OR("},
		"a stranger":       {`[{"name": "a", "policy": "OR('Org3MSP.member')"}]`, "no org of the network has the MSP ID Org3MSP", "Org1MSP, Org2MSP"},
		"no policy":        {`[{"name": "a"}]`, "the collection a has no policy", "such as"},
		"two endorsements": {
			`[{"name": "a", ` + ok + `, "endorsementPolicy": {"signaturePolicy": "OR('Org1MSP.peer')", "channelConfigPolicy": "/Channel/Application/Admins"}}]`,
			"both a signaturePolicy and a channelConfigPolicy", "take one of them out",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, tc.text)
			f := fault.From(err)
			if f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, tc.what) || !strings.Contains(f.Fix, tc.fix) {
				t.Fatalf("the fault is %#v", f)
			}
		})
	}
}

func TestTheLineIsShown(t *testing.T) {
	_, err := read(t, "[\n  {\n    \"name\": \"a\",\n    \"policy\": \"OR('Org3MSP.member')\"\n  }\n]\n")
	if err == nil || !strings.Contains(err.Error(), `>  4 |     "policy": "OR('Org3MSP.member')"`) {
		t.Errorf("it shows\n%v", err)
	}
}
