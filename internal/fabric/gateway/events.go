package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// ChaincodeEvent is what a transaction has told its listeners, by having been committed as VALID.
type ChaincodeEvent struct {
	Block     uint64
	TxID      string
	Chaincode string
	Name      string
	Payload   []byte
}

// Events gives every event of a chaincode as the peer commits it, from the block with this number on,
// until ctx ends, or the peer does, or each returns an error, which is given back. Another error says
// why there are none.
func (c *Client) Events(ctx context.Context, channel, chaincode string, from uint64, each func(ChaincodeEvent) error) error {
	tell := func(e *client.ChaincodeEvent) error {
		return each(ChaincodeEvent{Block: e.BlockNumber, TxID: e.TransactionID, Chaincode: e.ChaincodeName, Name: e.EventName, Payload: e.Payload})
	}
	return follow(ctx, "the events of "+chaincode, tell, func(ctx context.Context) (<-chan *client.ChaincodeEvent, error) {
		return c.gw.GetNetwork(channel).ChaincodeEvents(ctx, chaincode, client.WithStartBlock(from))
	})
}

// errEnough ends the following of what never ends by itself.
var errEnough = errors.New("enough")

// LastEvents gives the last events of a chaincode (all for 0) in the blocks below a height, oldest
// first.
func (c *Client) LastEvents(ctx context.Context, channel, chaincode string, last int, height uint64) ([]ChaincodeEvent, error) {
	blocks, err := c.eventBlocks(ctx, channel, chaincode, height)
	if err != nil {
		return nil, err
	}
	if last <= 0 || last > len(blocks) {
		last = len(blocks)
	}
	if last == 0 {
		return nil, nil
	}
	// The peer gives whole blocks: the first of them may have more than are asked for.
	from := blocks[len(blocks)-last]
	due := len(blocks) - slices.Index(blocks, from)
	var found []ChaincodeEvent
	err = c.Events(ctx, channel, chaincode, from, func(e ChaincodeEvent) error {
		found = append(found, e)
		if len(found) == due {
			return errEnough
		}
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		return found[due-last:], nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil:
		err = fmt.Errorf("the peer gave %d of %d events of %s", len(found), due, chaincode)
	}
	return nil, err
}

// eventBlocks are the numbers of the blocks that have an event of a chaincode, for each of them, below
// a height. The events themselves are only in blocks that are not filtered.
func (c *Client) eventBlocks(ctx context.Context, channel, chaincode string, height uint64) (numbers []uint64, err error) {
	if height == 0 {
		return nil, nil
	}
	err = c.filteredBlocks(ctx, channel, 0, func(block *peer.FilteredBlock) error {
		for range eventsOf(block, chaincode) {
			numbers = append(numbers, block.GetNumber())
		}
		if block.GetNumber()+1 >= height {
			return errEnough
		}
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		return numbers, nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil:
		err = fmt.Errorf("the peer did not give all of the %d blocks of %s", height, channel)
	}
	return numbers, err
}

// eventsOf is how many events of a chaincode a block has.
func eventsOf(block *peer.FilteredBlock, chaincode string) (n int) {
	for _, tx := range block.GetFilteredTransactions() {
		if tx.GetTxValidationCode() != peer.TxValidationCode_VALID {
			continue
		}
		for _, action := range tx.GetTransactionActions().GetChaincodeActions() {
			if action.GetChaincodeEvent().GetChaincodeId() == chaincode {
				n++
			}
		}
	}
	return n
}
