package session

import (
	"context"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fabric/collections"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// explained adds to the fault of a call what the network knows of it: whose a collection is, and what
// each peer has come to.
func explained(ctx context.Context, n network.Network, call gateway.Call, txid string, err error) error {
	if collection, denied := gateway.Denied(err); denied {
		return notAMember(n, call.Chaincode, collection, err)
	}
	if gateway.Differs(err) {
		return differing(ctx, n, call.Chaincode, txid, err)
	}
	return err
}

// notAMember says who is a member of a collection, where that is written in the project.
func notAMember(n network.Network, chaincode, collection string, err error) error {
	cc, ours := n.Chaincode(chaincode)
	if !ours || cc.Collections == "" {
		return err
	}
	all, readErr := collections.Read(cc.Collections, peersByMSP(n))
	if readErr != nil {
		return err //nolint:nilerr // the transaction's own error is the one to tell
	}
	var orgs []string
	for _, c := range all.GetConfig() {
		config := c.GetStaticCollectionConfig()
		if config.GetName() != collection {
			continue
		}
		for _, o := range n.Orgs {
			if slices.Contains(collections.Members(config), o.MSPID) {
				orgs = append(orgs, o.Name)
			}
		}
	}
	if len(orgs) == 0 {
		return err
	}
	f := *fault.From(err)
	f.Fix = "the collection " + collection + " is for " + strings.Join(orgs, " and ") +
		": call as one of their users, such as \"--as " + network.AdminUser + "@" + orgs[0] + "\""
	return &f
}

// differing says what each peer has come to, which the chaincode's relay has seen.
func differing(ctx context.Context, n network.Network, chaincode, txid string, err error) error {
	cc, ours := n.Chaincode(chaincode)
	if !ours || !cc.Relay {
		return err
	}
	client, dialErr := dialRelay(n, cc)
	if dialErr != nil {
		return err //nolint:nilerr // as above
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	executions, _ := client.Trace(ctx, txid, trace.Options{}) // none: there is no more to say
	f := *fault.From(err)
	if lines := trace.Difference(executions); len(lines) > 0 {
		f.What += "\nThe first difference:\n  " + strings.Join(lines, "\n  ")
		f.Fix += "\nall of it: \"ccdev trace " + txid[:min(len(txid), 8)] + "\""
	}
	return &f
}
