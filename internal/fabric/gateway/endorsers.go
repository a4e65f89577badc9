package gateway

import (
	"context"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Endorsers are the MSP IDs of the orgs whose peers have endorsed a transaction that is in a block.
func (c *Client) Endorsers(ctx context.Context, channel, txid string) ([]string, error) {
	result, err := c.Evaluate(ctx, Call{
		Channel: channel, Chaincode: "qscc", Function: "GetTransactionByID", Args: [][]byte{[]byte(channel), []byte(txid)},
	})
	if err != nil {
		return nil, err
	}
	orgs, err := endorsersOf(result.Payload)
	if err != nil {
		return nil, fmt.Errorf("read who has endorsed transaction %s: %w", txid, err)
	}
	return orgs, nil
}

// endorsersOf reads a ProcessedTransaction.
func endorsersOf(processed []byte) (orgs []string, err error) {
	unpack := func(b []byte, into proto.Message) {
		if err == nil {
			err = proto.Unmarshal(b, into)
		}
	}
	var p peer.ProcessedTransaction
	var payload common.Payload
	var tx peer.Transaction
	unpack(processed, &p)
	unpack(p.GetTransactionEnvelope().GetPayload(), &payload)
	unpack(payload.GetData(), &tx)
	for _, a := range tx.GetActions() {
		var action peer.ChaincodeActionPayload
		unpack(a.GetPayload(), &action)
		for _, e := range action.GetAction().GetEndorsements() {
			var who msp.SerializedIdentity
			unpack(e.GetEndorser(), &who)
			orgs = append(orgs, who.GetMspid())
		}
	}
	slices.Sort(orgs)
	return slices.Compact(orgs), err
}
