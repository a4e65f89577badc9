package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
)

// caller is a client that makes one call after the other, and tallies what becomes of them.
type caller struct {
	tally
	client  *gateway.Client
	channel string
	prefix  string // of the assets it makes
	made    int
}

// tally is what has become of calls.
type tally struct {
	submits, evaluates []float64 // milliseconds, of those that succeeded
	failed             int
	first              error // of those that failed
}

// assetID is on the ledger of the rows that need an asset.
const assetID = "bench"

func (c *caller) call(chaincode, function string, args ...string) gateway.Call {
	call := gateway.Call{Channel: c.channel, Chaincode: chaincode, Function: function}
	for _, arg := range args {
		call.Args = append(call.Args, []byte(arg))
	}
	return call
}

// create submits an asset that there is not yet.
func (c *caller) create(ctx context.Context, chaincode string) (id string, ok bool) {
	c.made++
	id = c.prefix + strconv.Itoa(c.made)
	result, err := c.client.Submit(ctx, c.call(chaincode, "CreateAsset", id, "alice", "1"))
	return id, c.count(&c.submits, result.Took, err)
}

// read evaluates an asset that there is.
func (c *caller) read(ctx context.Context, chaincode, id string) {
	result, err := c.client.Evaluate(ctx, c.call(chaincode, "ReadAsset", id))
	c.count(&c.evaluates, result.Took, err)
}

// hears is no error when the code that an edit has made answers.
func (c *caller) hears(ctx context.Context, mark string) error {
	_, err := c.client.Evaluate(ctx, c.call(chaincode, "CreateAsset", assetID, "alice", "1"))
	if err == nil {
		return fmt.Errorf("asset %s, which is on the ledger, could be made again", assetID)
	}
	if !strings.Contains(err.Error(), mark) {
		return fmt.Errorf("nobody says %q, the last answer is: %w", mark, err)
	}
	return nil
}

func (t *tally) count(calls *[]float64, took time.Duration, err error) (ok bool) {
	if err == nil {
		*calls = append(*calls, milliseconds(took))
		return true
	}
	if t.failed++; t.first == nil {
		t.first = err
	}
	return false
}

func (t *tally) add(other tally) {
	t.submits = append(t.submits, other.submits...)
	t.evaluates = append(t.evaluates, other.evaluates...)
	t.failed += other.failed
	if t.first == nil {
		t.first = other.first
	}
}

// err is for where no call may fail.
func (t tally) err() error {
	if t.failed == 0 {
		return nil
	}
	return fmt.Errorf("%d calls have failed, the first one: %w", t.failed, t.first)
}
