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
	return c.filteredBlocks(ctx, channel, from, func(block *peer.FilteredBlock) error {
		told := event.Block{Channel: block.GetChannelId(), Number: block.GetNumber(), Transactions: []event.BlockTransaction{}}
		for _, tx := range block.GetFilteredTransactions() {
			told.Transactions = append(told.Transactions, event.BlockTransaction{
				TxID: tx.GetTxid(), Code: tx.GetTxValidationCode().String(),
			})
		}
		each(told)
		return nil
	})
}

func (c *Client) filteredBlocks(ctx context.Context, channel string, from uint64, each func(*peer.FilteredBlock) error) error {
	return follow(ctx, "the blocks of "+channel, each, func(ctx context.Context) (<-chan *peer.FilteredBlock, error) {
		return c.gw.GetNetwork(channel).FilteredBlockEvents(ctx, client.WithStartBlock(from))
	})
}

// follow opens a stream, and gives what comes on it until ctx ends, or the peer does, or each returns
// an error, which is given back. Another error says why the stream cannot be opened.
func follow[T any](ctx context.Context, what string, each func(T) error, open func(context.Context) (<-chan T, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := open(ctx)
	if err != nil {
		cancel()
		return fmt.Errorf("follow %s: %w", what, err)
	}
	defer func() {
		cancel()
		for range stream { // whoever sends waits until it is taken
		}
	}()
	for one := range stream {
		if err := each(one); err != nil {
			return err
		}
	}
	return nil
}
