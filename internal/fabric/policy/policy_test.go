package policy_test

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/policy"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"google.golang.org/protobuf/proto"
)

func mspIDs() []string { return []string{"Org1MSP", "Org2MSP", "Org-3.MSP"} }

func TestWhatFabricTakes(t *testing.T) {
	for _, text := range []string{
		"OR('Org1MSP.peer','Org2MSP.peer')",
		`AND("Org1MSP.member", 'Org2MSP.admin')`,
		" or ( 'Org1MSP.client' ,\tand('Org2MSP.peer','Org-3.MSP.peer') ) ",
		"OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', OR('Org-3.MSP.orderer'))",
		"outof(0,'Org1MSP.peer')",
		"And('Org1MSP.peer')",
	} {
		t.Run(text, func(t *testing.T) {
			got, err := policy.Application(text, mspIDs())
			if err != nil {
				t.Fatal(err)
			}
			want, err := chaincode.NewApplicationPolicy(text, "")
			if err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestMistakesAreShownWhereTheyAre(t *testing.T) {
	for text, want := range map[string]struct{ what, fix string }{
		"OR('Org1MSP.peer'":                {"character 18 of the policy: a , or the ) that ends OR( is missing here", "such as"},
		"OR('Org1MSP.peer' 'Org2MSP.peer'": {"character 19 of the policy: a , or", "such as"},
		"'Org1MSP.peer'":                   {"character 1 of the policy: a policy begins with AND", "such as"},
		"OR(Org1MSP.peer)":                 {"character 4 of the policy: a principal stands in quotes: 'Org1MSP.peer'", "such as"},
		"OR('Org1MSP.boss')":               {`character 4 of the policy: "Org1MSP.boss" names nobody`, "such as"},
		"OR('Org1MSP.peer','Org9MSP.peer')": {
			"character 19 of the policy: no org of the network has the MSP ID Org9MSP", "use one of: Org1MSP, Org2MSP, Org-3.MSP",
		},
		"XOR('Org1MSP.peer')":         {"character 1 of the policy: AND, OR or OutOf is expected", "such as"},
		"OR('Org1MSP.peer'))":         {"character 19 of the policy: the policy has ended", "such as"},
		"OR()":                        {"character 4 of the policy: AND, OR or OutOf is expected", "such as"},
		"OR('Org1MSP.peer',":          {"character 19 of the policy: AND, OR or OutOf is missing", "such as"},
		"OR('Org1MSP.peer)":           {"character 4 of the policy: the quote", "such as"},
		"OutOf('Org1MSP.peer')":       {"character 7 of the policy: OutOf begins with how many", "such as"},
		"OutOf(2,'Org1MSP.peer')":     {"character 7 of the policy: 2 have to sign, and only 1 are listed", "such as"},
		"OutOf(1 'Org1MSP.peer')":     {"character 9 of the policy: a , is missing behind the number", "such as"},
		"OR 'Org1MSP.peer')":          {"character 4 of the policy: a ( is missing behind OR", "such as"},
		"OR('Ö.peer','Org1MSP.peer')": {`character 4 of the policy: "Ö.peer" names nobody`, "such as"},
		"/Channel/Application/Nobody": {"the channel has no policy /Channel/Application/Nobody", "use one of: /Channel/Application/Endorsement"},
	} {
		t.Run(text, func(t *testing.T) {
			_, err := policy.Application(text, mspIDs())
			f := fault.From(err)
			if f == nil || f.Kind != fault.Usage || !strings.HasPrefix(f.What, want.what) || !strings.Contains(f.Fix, want.fix) {
				t.Fatalf("the fault is %#v", f)
			}
		})
	}
}

func TestTheMarkStandsUnderTheMistake(t *testing.T) {
	_, err := policy.Signature("OR('Org1MSP.peer'; 'Org2MSP.peer')", mspIDs())
	if want := "\n  OR('Org1MSP.peer'; 'Org2MSP.peer')\n                   ^"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("it shows\n%v", err)
	}
}

func TestReferencesToTheChannelsPolicies(t *testing.T) {
	for _, name := range []string{"/Channel/Application/Org1MSP/Admins", "Channel/Application/Org1MSP/Admins"} {
		got, err := policy.Application(name, mspIDs())
		if err != nil || got.GetChannelConfigPolicyReference() != "/Channel/Application/Org1MSP/Admins" {
			t.Errorf("%s becomes %v, %v", name, got, err)
		}
	}
	if got, err := policy.Application("", nil); got != nil || err != nil {
		t.Errorf("no policy becomes %v, %v", got, err)
	}
}
