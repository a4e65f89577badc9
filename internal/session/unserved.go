package session

import (
	"context"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
)

// unserved makes the fault of a failed transaction the chaincode's own where that had crashed, or was
// not ready: its relay knows.
func unserved(ctx context.Context, n network.Network, chaincode, txid string, err error) error {
	cc, ours := n.Chaincode(chaincode)
	f := fault.From(err)
	if !ours || !cc.Relay || txid == "" || f.Kind != fault.Transaction {
		return err
	}
	client, dialErr := dialRelay(n, cc)
	if dialErr != nil {
		return err //nolint:nilerr // the transaction's own error is the one to tell
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if cause, askErr := client.Unserved(ctx, txid); askErr != nil || cause == relay.Served {
		return err //nolint:nilerr // as above
	}
	crashed := *f
	crashed.Kind = fault.Chaincode
	return &crashed
}
