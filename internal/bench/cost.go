package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ways are two chaincodes of one program in one network, with a relay and without.
var ways = [2]struct{ chaincode, how string }{{"relayed", ", with a relay"}, {"direct", ", without"}}

const twoWays = `chaincodes:
  - {name: relayed, path: .}
  - {name: direct, path: ., relay: false}
`

func upBothWays(ctx context.Context, p *project) error {
	if err := os.WriteFile(filepath.Join(p.dir, "ccdev.yaml"), []byte(twoWays), 0o644); err != nil {
		return err
	}
	if err := up(ctx, p); err != nil {
		return err
	}
	for _, way := range ways {
		if _, err := p.ccdev(ctx, "invoke", "-n", way.chaincode, "CreateAsset", assetID, "alice", "1"); err != nil {
			return err
		}
	}
	return nil
}

// relayCost compares calls through a relay with calls that need none. The two take turns, in
// which order changes, so that both have the same of whatever else the machine does.
func relayCost(ctx context.Context, p *project) ([]Result, error) {
	n, err := p.network()
	if err != nil {
		return nil, err
	}
	all, err := connect(n, fullLoad)
	if err != nil {
		return nil, err
	}
	defer all.close()
	results, err := p.costOfOne(ctx, all[0])
	if err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		name string
		work func(context.Context, *caller, string)
	}{
		{"evaluates", func(ctx context.Context, c *caller, chaincode string) { c.read(ctx, chaincode, assetID) }},
		{"submits", func(ctx context.Context, c *caller, chaincode string) { c.create(ctx, chaincode) }},
	} {
		more, err := p.costAtFullLoad(ctx, all, kind.name, kind.work)
		if err != nil {
			return nil, fmt.Errorf("%s at full load: %w", kind.name, err)
		}
		results = append(results, more...)
	}
	return results, nil
}

// What is measured each way.
const (
	batches   = 40
	batchSize = 100
	loads     = 10
	loadFor   = time.Second
)

// inTurn has each way take its turn that often, after one that does not count.
func inTurn(turns int, take func(way int) (samples []float64, err error)) (both [2][]float64, err error) {
	for i := range turns + 1 {
		for j := range ways {
			way := (i + j) % len(ways)
			samples, err := take(way)
			if err != nil {
				return both, err
			}
			if i > 0 {
				both[way] = append(both[way], samples...)
			}
		}
	}
	return both, nil
}

// costOfOne is what the relay costs one client.
func (p *project) costOfOne(ctx context.Context, c *caller) ([]Result, error) {
	say(p.progress, "  one client evaluates, %d batches of %d each way", batches, batchSize)
	took, err := inTurn(batches, func(way int) ([]float64, error) {
		c.tally = tally{}
		for range batchSize {
			c.read(ctx, ways[way].chaincode, assetID)
		}
		return c.evaluates, c.err()
	})
	if err != nil {
		return nil, err
	}
	name := p.row.name + ": one evaluate"
	relayed, direct := summary(name+ways[0].how, unitTime, took[0]), summary(name+ways[1].how, unitTime, took[1])
	cost := summary(p.row.name+": per evaluate", unitTime, []float64{relayed.Median - direct.Median})
	return []Result{p.row.judge(cost), relayed, direct}, nil
}

// costAtFullLoad is what the relay takes of what the machine can do.
func (p *project) costAtFullLoad(ctx context.Context, all callers, kind string, work func(context.Context, *caller, string)) ([]Result, error) {
	say(p.progress, "  %d clients, %s, %d times %s each way", len(all), kind, loads, loadFor)
	rates, err := inTurn(loads, func(way int) ([]float64, error) {
		t, took, err := all.load(ctx, func(ctx context.Context, c *caller) { work(ctx, c, ways[way].chaincode) }, pause(loadFor))
		if err == nil {
			err = t.err()
		}
		return []float64{float64(len(t.submits)+len(t.evaluates)) / took.Seconds()}, err
	})
	if err != nil {
		return nil, err
	}
	name := p.row.name + ": " + kind + " at full load"
	relayed, direct := summary(name+ways[0].how, unitRate, rates[0]), summary(name+ways[1].how, unitRate, rates[1])
	cost := summary(p.row.name+": at full load, "+kind, unitShare, []float64{100 * (1 - relayed.Median/direct.Median)})
	return []Result{cost, relayed, direct}, nil
}
