package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/network"
)

// callers are clients with a connection each.
type callers []*caller

// fullLoad is how many of them keep a peer on two CPUs busy.
const fullLoad = 8

// network is the one that is up in the project.
func (p *project) network() (network.Network, error) {
	dir, err := filepath.EvalSymlinks(p.dir) // as ccdev knows it
	if err != nil {
		return network.Network{}, err
	}
	n, found, err := network.Recorded(dir)
	if err == nil && !found {
		err = fmt.Errorf("no network is recorded in %s", dir)
	}
	return n, err
}

// connect makes callers, who are to be closed.
func connect(n network.Network, count int) (callers, error) {
	var all callers
	for i := range count {
		client, err := gateway.Connect(n, n.Orgs[0], network.AdminUser)
		if err != nil {
			all.close()
			return nil, err
		}
		all = append(all, &caller{client: client, channel: n.Channel, prefix: fmt.Sprintf("%s-%d-", assetID, i)})
	}
	return all, nil
}

func (all callers) close() {
	for _, c := range all {
		_ = c.client.Close() // nothing is left to send
	}
}

// load has all of them work, again and again, while f runs, and gives their common tally, and how
// long they have worked.
func (all callers) load(ctx context.Context, work func(context.Context, *caller), f func(context.Context) error) (tally, time.Duration, error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	calls := context.WithoutCancel(ctx) // the end of the load makes no call fail
	var working sync.WaitGroup
	start := time.Now()
	for _, c := range all {
		c.tally = tally{}
		working.Go(func() {
			for running.Err() == nil {
				work(calls, c)
			}
		})
	}
	err := f(ctx)
	stop()
	working.Wait()
	took := time.Since(start)
	var sum tally
	for _, c := range all {
		sum.add(c.tally)
	}
	return sum, took, err
}

// pause lets time pass.
func pause(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
