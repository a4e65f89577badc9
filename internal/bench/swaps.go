package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
)

// swapsUnderLoad swaps that often while callers submit and evaluate, and compares what they have
// of it with the same load before.
func swapsUnderLoad(count int) func(context.Context, *project) ([]Result, error) {
	return func(ctx context.Context, p *project) ([]Result, error) {
		n, err := p.network()
		if err != nil {
			return nil, err
		}
		s, err := p.newSwapper(ctx, n)
		if err != nil {
			return nil, err
		}
		defer s.relay.Close()
		all, err := connect(n, fullLoad)
		if err != nil {
			return nil, err
		}
		defer all.close()
		return s.compare(ctx, all, count)
	}
}

// warmingSwaps are those that tell how long the load without swaps has to last.
const warmingSwaps = 4

func (s *swapper) compare(ctx context.Context, all callers, count int) ([]Result, error) {
	work := func(ctx context.Context, c *caller) {
		if id, ok := c.create(ctx, chaincode); ok {
			c.read(ctx, chaincode, id)
		}
	}
	say(s.project.progress, "  %d clients submit and evaluate, %d swaps to warm up", len(all), warmingSwaps)
	warming, took, err := all.load(ctx, work, s.swaps(warmingSwaps))
	if err := errors.Join(err, warming.err()); err != nil {
		return nil, err
	}
	took = took / warmingSwaps * time.Duration(count)
	say(s.project.progress, "  the same without swaps, for %s", took.Round(time.Second))
	without, _, err := all.load(ctx, work, pause(took))
	if err != nil {
		return nil, err
	}
	s.took = nil
	say(s.project.progress, "  the same during %d swaps", count)
	during, _, err := all.load(ctx, work, s.swaps(count))
	if err != nil {
		return nil, errors.Join(err, during.err())
	}
	r := s.project.row
	results := []Result{summary(r.name+": swap", unitTime, s.took)}
	results = append(results, r.parts(during, "during swaps")...)
	return append(results, r.parts(without, "without swaps")...), nil
}

// parts are the results of a load.
func (r row) parts(t tally, when string) []Result {
	failed := summary(r.name+": failed "+when, unitCount, []float64{float64(t.failed)}).within(0)
	if t.first != nil {
		failed.Why = t.first.Error()
	}
	return []Result{
		failed,
		summary(r.name+": submit "+when, unitTime, t.submits),
		summary(r.name+": evaluate "+when, unitTime, t.evaluates),
	}
}

// swapper delivers two programs to a chaincode's relay, in turn.
type swapper struct {
	project  *project
	relay    *control.Client
	programs [2]struct{ file, mark string }
	made     int       // generations, by ccdev and by it
	took     []float64 // milliseconds of each swap
}

func (p *project) newSwapper(ctx context.Context, n network.Network) (*swapper, error) {
	cc := n.Chaincodes[0]
	token, err := os.ReadFile(n.TokenFile(cc))
	if err != nil {
		return nil, err
	}
	s := &swapper{project: p, made: 1}
	target := build.Target{OS: runtime.GOOS, Arch: runtime.GOARCH}
	if n.Runtime == network.RuntimeDocker {
		target.OS = "linux"
	}
	for i := range s.programs {
		mark, err := p.edit()
		if err != nil {
			return nil, err
		}
		s.programs[i].mark, s.programs[i].file = mark, filepath.Join(p.root, fmt.Sprintf("program%d", i))
		if _, err := build.Program(ctx, p.dir, s.programs[i].file, target); err != nil {
			return nil, err
		}
	}
	if p.asks, err = connect(n, 1); err != nil {
		return nil, err
	}
	s.relay = control.Dial(cc.Control.Host, strings.TrimSpace(string(token)))
	return s, nil
}

// swaps makes swaps, one right after the other.
func (s *swapper) swaps(count int) func(context.Context) error {
	return func(ctx context.Context) error {
		for i := range count {
			if err := s.swap(ctx); err != nil {
				return fmt.Errorf("swap %d of %d: %w", i+1, count, err)
			}
		}
		return nil
	}
}

// swap delivers the program that does not run, and checks, once the time is taken, that it does.
func (s *swapper) swap(ctx context.Context) error {
	s.made++
	next := s.programs[s.made%len(s.programs)]
	start := time.Now()
	if _, err := s.relay.Deliver(ctx, s.made, next.file, relay.Server); err != nil {
		return err
	}
	s.took = append(s.took, milliseconds(time.Since(start)))
	return s.project.asks[0].hears(ctx, next.mark)
}
