package session

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/wait"
)

// crashPace is how often a call that takes its time looks whether its chaincode still runs.
const crashPace = 500 * time.Millisecond

// whileItRuns makes a call, and ends it when the chaincode has ended: the peer would try to
// reach it for as long as it may, and know no reason.
func (s *Session) whileItRuns(ctx context.Context, n network.Network, call gateway.Call,
	run func(context.Context) (gateway.Result, error),
) (result gateway.Result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		result, err = run(ctx)
	}()
	ticker := time.NewTicker(crashPace)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			if err != nil {
				err = cmp.Or(s.ended(ctx, n, call, err), unserved(ctx, n, call.Chaincode, result.TxID, err))
				err = s.untilItIsStarted(ctx, n, call, err)
			}
			return result, err
		case <-ticker.C:
			if crash := s.ended(ctx, n, call, nil); crash != nil {
				cancel()
				<-done
				return result, crash
			}
		}
	}
}

// exitLimit bounds the time from the end of a chaincode's stream to the runtime's word that it has
// exited: an engine that is busy takes its time.
const exitLimit = 5 * time.Second

// ended is the fault of a chaincode that does not run any more; nil if it runs, or if that cannot
// be known. failed is how the call has ended, if it has.
func (s *Session) ended(ctx context.Context, n network.Network, call gateway.Call, failed error) error {
	cc, ours := n.Chaincode(call.Chaincode)
	if !ours {
		return nil
	}
	l, err := s.attach(ctx, n)
	if err != nil {
		return nil //nolint:nilerr // the call's own error is the one to tell
	}
	if cc.Relay || !gateway.StreamEnded(failed) {
		return l.crash(ctx, cc, call.Function)
	}
	return l.awaitCrash(ctx, cc, call.Function)
}

// awaitCrash is crash for a chaincode whose stream has ended: its process most probably has, too.
func (l *live) awaitCrash(ctx context.Context, cc network.Chaincode, function string) (crash error) {
	_ = wait.For(ctx, exitLimit, func(ctx context.Context) error {
		if crash = l.crash(ctx, cc, function); crash == nil {
			return errStillRuns
		}
		return nil
	})
	return crash
}

var errStillRuns = errors.New("it runs")

// crash is the fault of a chaincode that does not run any more, as far as the runtime knows now.
func (l *live) crash(ctx context.Context, cc network.Chaincode, function string) error {
	if cc.External() {
		return l.absent(ctx, cc)
	}
	svc, found, err := l.service(ctx, cc.Service)
	if err != nil || !found || svc.State != runtime.Exited {
		return nil //nolint:nilerr // the call's own error is the one to tell
	}
	return l.explain(ctx, fault.New(fault.Chaincode, `correct the source, then run "ccdev reload"`,
		"%s of %s failed, as the chaincode does not run: %s", function, cc.Name, exit(svc)), cc.Service)
}
