package session

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"golang.org/x/sync/errgroup"
)

// live is a network with the runtime that runs it.
type live struct {
	net    network.Network
	rt     runtime.Runtime
	engine *docker.Engine // nil for plain processes
	builds chan struct{}  // holds one for each Node build that runs
}

// tailLines is how much of a log explains a failure.
const tailLines = 20

// explain adds the end of a service's log to a fault that has none, unless it is the user's own:
// there the log says nothing.
func (l *live) explain(ctx context.Context, err error, service string) error {
	f := fault.From(err)
	if f == nil || len(f.Log) > 0 || f.Kind == fault.Usage {
		return err
	}
	return f.WithLog(runtime.Tail(context.WithoutCancel(ctx), l.rt, service, tailLines))
}

// service finds a service by name.
func (l *live) service(ctx context.Context, name string) (runtime.Service, bool, error) {
	services, err := l.rt.Services(ctx)
	if err != nil {
		return runtime.Service{}, false, err
	}
	for _, s := range services {
		if s.Name == name {
			return s, true, nil
		}
	}
	return runtime.Service{}, false, nil
}

// runningOf are the names of the services that run.
func runningOf(services []runtime.Service) (names []string) {
	for _, s := range services {
		if s.State == runtime.Running {
			names = append(names, s.Name)
		}
	}
	return names
}

// peersRun is the fault of an org that acts and has a peer that does not run: to wait for it to start,
// as for one that was just started, would be in vain.
func (l *live) peersRun(ctx context.Context, acts func(network.Org) bool) error {
	services, err := l.rt.Services(ctx)
	if err != nil {
		return err
	}
	run := runningOf(services)
	for _, org := range l.net.Orgs {
		for _, p := range org.Peers {
			if acts(org) && !slices.Contains(run, p.Name) {
				return fault.New(fault.Boot, `start it: "ccdev up -d"; see what runs: "ccdev status"`, "%s does not run", p.Name)
			}
		}
	}
	return nil
}

// exit says in words how a service ended.
func exit(s runtime.Service) string {
	switch {
	case s.OOMKilled:
		return "it was killed for using too much memory"
	case s.ExitCode == runtime.UnknownExit:
		return "it ended, with an exit code nobody saw"
	default:
		return fmt.Sprintf("it ended with exit code %d", s.ExitCode)
	}
}

// allPeers and firstPeer choose the peers of an org to act on.
func allPeers(o network.Org) []network.Peer  { return o.Peers }
func firstPeer(o network.Org) []network.Peer { return o.Peers[:1] }

// onPeers does the same on the chosen peers of every org at once, as the org's admin, for as
// long as the peer lives.
func (l *live) onPeers(ctx context.Context, chosen func(network.Org) []network.Peer,
	do func(context.Context, *lifecycle.Admin) error,
) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, org := range l.net.Orgs {
		for _, peer := range chosen(org) {
			all.Go(func() error {
				admin, err := lifecycle.NewAdmin(l.net, org, peer)
				if err != nil {
					return err
				}
				defer admin.Close() //nolint:errcheck // nothing is left to send
				return l.watching(ctx, peer.Name, fault.Boot, func(ctx context.Context) error { return do(ctx, admin) })
			})
		}
	}
	return all.Wait()
}

// watchPace is how often a service is looked at while something waits for it.
const watchPace = 100 * time.Millisecond

// watching does something that needs a service, and ends it when the service ends: the log says
// why, and no wait for an answer would.
func (l *live) watching(ctx context.Context, service string, kind fault.Kind, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	ticker := time.NewTicker(watchPace)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			if err != nil && ctx.Err() == nil {
				return l.explain(ctx, err, service)
			}
			return err
		case <-ticker.C:
			s, found, err := l.service(ctx, service)
			if err != nil || found && s.State != runtime.Exited {
				continue
			}
			cancel(nil)
			<-done //nolint:errcheck // it says what the service's end makes it say
			if !found {
				return fault.New(kind, `run "ccdev up -d"`, "%s does not run", service)
			}
			f := fault.New(kind, `read its log: "ccdev logs `+service+`"`, "%s does not run: %s", service, exit(s))
			return l.explain(ctx, f, service)
		}
	}
}
