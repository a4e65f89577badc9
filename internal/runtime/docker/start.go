package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/wait"
)

// healthTimeout bounds the wait for a dependency to become healthy. Its own retries usually end
// it before.
const healthTimeout = 2 * time.Minute

// Start makes the named services run as the model says. Containers are made, and their files
// copied, while the network is: that needs it only when it starts.
func (r *Runtime) Start(ctx context.Context, model *types.Project, services ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p, err := translate(model, r.labels, services)
	if err != nil {
		return err
	}
	var have map[string][]container.Summary
	look, looking := errgroup.WithContext(ctx)
	look.Go(func() error { return r.ensureVolumes(looking, p) })
	look.Go(func() (err error) { have, err = r.containers(looking); return err })
	if err := look.Wait(); err != nil {
		return err
	}
	return r.carryOut(ctx, p, have)
}

// carryOut makes the network, and starts each service as soon as that and what it needs is there.
func (r *Runtime) carryOut(ctx context.Context, p *plan, have map[string][]container.Summary) error {
	run := &starting{Runtime: r, plan: p, networked: newGate(), started: map[string]*gate{}}
	for name := range p.services {
		run.started[name] = newGate()
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if run.freshNetwork, err = r.ensureNetwork(ctx, p); err == nil {
			run.networked.open()
		}
		return err
	})
	for name, want := range p.services {
		g.Go(func() error {
			err := run.service(ctx, want, have[name])
			if err == nil {
				run.started[name].open()
			}
			return err
		})
	}
	return g.Wait()
}

// gate holds those who wait until it is opened. One that is never opened holds them until their
// context ends: a failed step releases nobody.
type gate struct{ c chan struct{} }

func newGate() *gate { return &gate{make(chan struct{})} }

func (g *gate) open() { close(g.c) }

func (g *gate) pass(ctx context.Context) error {
	select {
	case <-g.c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// starting is one call of Start.
type starting struct {
	*Runtime
	plan         *plan
	networked    *gate // opens when the network is there
	started      map[string]*gate
	freshNetwork bool // made by this call; to be read once networked is open
}

// service brings one service up, whatever there is of it.
func (s *starting) service(ctx context.Context, want *spec, have []container.Summary) error {
	now, err := s.judge(ctx, want, have)
	if err != nil {
		return err
	}
	if now.sound != nil {
		return s.resume(ctx, want, now)
	}
	if now.next, err = s.prepare(ctx, want, now); err != nil {
		return err
	}
	if err := s.ready(ctx, want); err != nil {
		s.discard(ctx, now.next)
		return err
	}
	return s.replace(ctx, want, now)
}

// resume leaves alone what runs, and starts what has ended.
func (s *starting) resume(ctx context.Context, want *spec, now found) error {
	if stateOf(now.sound.State) != runtime.Running {
		if err := s.ready(ctx, want); err != nil {
			return err
		}
		if err := s.run(ctx, want, now.sound.ID); err != nil {
			return err
		}
	}
	return s.tidy(ctx, want, now)
}

// ready waits for what a service needs before it starts.
func (s *starting) ready(ctx context.Context, want *spec) error {
	if err := s.networked.pass(ctx); err != nil {
		return err
	}
	for on, condition := range want.needs {
		if err := s.started[on].pass(ctx); err != nil {
			return err
		}
		if condition != types.ServiceConditionHealthy {
			continue
		}
		if err := s.healthy(ctx, s.plan.services[on]); err != nil {
			return err
		}
	}
	return nil
}

// healthy waits until a service passes its own health check.
func (s *starting) healthy(ctx context.Context, on *spec) error {
	return wait.For(ctx, healthTimeout, func(ctx context.Context) error {
		found, err := s.engine.api.ContainerInspect(ctx, on.name, client.ContainerInspectOptions{})
		if err != nil {
			return wait.Stop(s.engine.failed(err, "look at service %s", on.service))
		}
		state := found.Container.State
		if state.Health == nil {
			return wait.Stop(fault.New(fault.Usage, "give it a healthcheck, or depend on it with service_started",
				"%s has no health check, but another service waits for it to be healthy", on.service))
		}
		switch {
		case !state.Running:
			return wait.Stop(s.unhealthy(ctx, on, fmt.Sprintf("it ended with exit code %d", state.ExitCode)))
		case state.Health.Status == container.Unhealthy:
			return wait.Stop(s.unhealthy(ctx, on, "its health check fails"+lastOutput(state.Health)))
		case state.Health.Status != container.Healthy:
			return s.unhealthy(ctx, on, "it does not pass its health check in time"+lastOutput(state.Health))
		}
		return nil
	})
}

func (s *starting) unhealthy(ctx context.Context, on *spec, why string) error {
	return fault.New(fault.Boot, "see its log: ccdev logs "+on.service, "%s is not healthy: %s", on.service, why).
		WithLog(runtime.Tail(ctx, s.Runtime, on.service, 20))
}

// lastOutput is what the last health check said, if it said anything.
func lastOutput(h *container.Health) string {
	if len(h.Log) == 0 || h.Log[len(h.Log)-1].Output == "" {
		return ""
	}
	return ": " + h.Log[len(h.Log)-1].Output
}
