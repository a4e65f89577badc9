package gateway

import (
	"context"
	"fmt"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Blocks gives every block of the channel as the peer has committed it, from the one with this
// number on, until ctx ends or the peer does. An error says why it gives none.
func (c *Client) Blocks(ctx context.Context, channel string, from uint64, each func(event.Block)) error {
	return c.filteredBlocks(ctx, channel, from, func(block *peer.FilteredBlock) bool {
		told := event.Block{Channel: block.GetChannelId(), Number: block.GetNumber(), Transactions: []event.BlockTransaction{}}
		for _, tx := range block.GetFilteredTransactions() {
			told.Transactions = append(told.Transactions, event.BlockTransaction{
				TxID: tx.GetTxid(), Code: tx.GetTxValidationCode().String(),
			})
		}
		each(told)
		return true
	})
}

// filteredBlocks gives blocks until each returns false, ctx ends or the peer does.
func (c *Client) filteredBlocks(ctx context.Context, channel string, from uint64, each func(*peer.FilteredBlock) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	blocks, err := c.gw.GetNetwork(channel).FilteredBlockEvents(ctx, client.WithStartBlock(from))
	if err != nil {
		cancel()
		return fmt.Errorf("follow the blocks of %s: %w", channel, err)
	}
	defer func() {
		cancel()
		for range blocks { // whoever sends waits until it is taken
		}
	}()
	for block := range blocks {
		if !each(block) {
			break
		}
	}
	return nil
}
