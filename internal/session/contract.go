package session

import (
	"context"

	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

// Contract asks a chaincode (the first one for an empty name) what it can be asked to do. One that
// does not tell, as it is written with the shim alone, has an empty contract.
func (s *Session) Contract(ctx context.Context, chaincode string) (contract.Contract, error) {
	n, cc, err := s.chaincode(chaincode)
	if err != nil {
		return contract.Contract{}, err
	}
	if err := runs(ctx, n, cc); err != nil {
		return contract.Contract{}, err
	}
	org := n.Orgs[0]
	client, err := gateway.Connect(n, org, network.AdminUser)
	if err != nil {
		return contract.Contract{}, err
	}
	defer client.Close() //nolint:errcheck // nothing is left to send
	call := gateway.Metadata(n.Channel, cc.Name, org.MSPID)
	result, err := s.whileItRuns(ctx, n, call, func(ctx context.Context) (gateway.Result, error) {
		result, err := client.Evaluate(ctx, call)
		return result, gateway.Answered(err)
	})
	return contract.Parse(result.Payload), err
}

// runs is the fault of a chaincode whose relay has nothing to run: what the relay would answer in
// its place could be taken for the chaincode's own.
func runs(ctx context.Context, n network.Network, cc network.Chaincode) error {
	if !cc.Relay {
		return nil
	}
	client, err := dialRelay(n, cc)
	if err != nil {
		return err
	}
	defer client.Close()
	status, err := client.Status(ctx)
	if err != nil {
		return relayFault(err)
	}
	if status.Live == 0 {
		return fault.New(fault.Chaincode, mendSource, "%s does not run: %s", cc.Name, status.Reason)
	}
	return nil
}
