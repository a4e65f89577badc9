package session

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestWhoIsAMemberIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "collections.json")
	text := `[{"name": "ours", "policy": "OR('Org1MSP.member','Org2MSP.member')"}, {"name": "theirs", "policy": "OR('Org2MSP.member')"}]`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	n := network.Network{
		Orgs:       []network.Org{{Name: "Org1", MSPID: "Org1MSP"}, {Name: "Org2", MSPID: "Org2MSP"}},
		Chaincodes: []network.Chaincode{{Name: "basic", Collections: file}, {Name: "none"}},
	}
	for name, tc := range map[string]struct{ chaincode, collection, fix string }{
		"one org":            {"basic", "theirs", "theirs is for Org2: call as one of their users, such as \"--as Admin@Org2\""},
		"two":                {"basic", "ours", "Org1 and Org2"},
		"another collection": {"basic", "unknown", "a fix"},
		"no collections":     {"none", "ours", "a fix"},
		"not ccdev's":        {"byhand", "ours", "a fix"},
	} {
		t.Run(name, func(t *testing.T) {
			cause := status.Error(codes.Unknown, "tx creator does not have read access permission on privatedata in chaincodeName:basic collectionName: "+tc.collection)
			err := explained(t.Context(), n, gateway.Call{Chaincode: tc.chaincode}, "tx", fault.New(fault.Transaction, "a fix", "it failed: %w", cause))
			if f := fault.From(err); f.Kind != fault.Transaction || !strings.Contains(f.Fix, tc.fix) || !strings.HasPrefix(f.What, "it failed") {
				t.Errorf("the fault is %+v", f)
			}
		})
	}
}

func TestWhatDiffersIsSaid(t *testing.T) {
	r := newRelay(t, "basic")
	f := follow(t, false, r)
	r.run("0123456789", "f", 200)
	r.runOn("peer1.org1", "0123456789", "f", 500)
	r.run("same", "f", 200)
	const failed = "ProposalResponsePayloads do not match"
	for txid, want := range map[string]string{
		"0123456789": failed + "\nThe first difference:\n  peer0.org1: its result is 200 said\n  peer1.org1: its result is 500 said",
		"same":       failed, "unknown": failed,
	} {
		cause := status.Error(codes.Aborted, failed)
		err := explained(t.Context(), f.net, gateway.Call{Chaincode: "basic"}, txid, &fault.Fault{Kind: fault.Transaction, What: failed, Fix: "a fix", Cause: cause})
		if f := fault.From(err); f.What != want || !strings.HasPrefix(f.Fix, "a fix") {
			t.Errorf("of %s the fault is %+v", txid, f)
		}
	}
	other := fault.New(fault.Transaction, "a fix", "it failed otherwise")
	if err := explained(t.Context(), f.net, gateway.Call{Chaincode: "basic"}, "0123456789", other); !errors.Is(err, other) {
		t.Errorf("another one became %v", err)
	}
}
