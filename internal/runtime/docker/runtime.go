package docker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/ccdev/ccdev/internal/runtime"
)

// Runtime runs the services of one project on an engine.
type Runtime struct {
	// Progress hears how far the pull of a missing image has come; nobody does when it is nil.
	// It is called from several goroutines.
	Progress func(text string, done, total int)

	engine  *Engine
	project string            // its id
	name    string            // of the project, for messages
	labels  map[string]string // of everything
	network sync.Mutex        // over looking for the network and making it
}

var _ runtime.Runtime = (*Runtime)(nil)

// Runtime gives the runtime of the project with this id, name and folder. Models that it is
// given must have a name of their own on this engine, as containers are named after it.
func (e *Engine) Runtime(projectID, name, dir string) *Runtime {
	return &Runtime{
		engine: e, project: projectID, name: name,
		labels: map[string]string{LabelProject: projectID, LabelDir: dir},
	}
}

// mine filters for what belongs to the project.
func (r *Runtime) mine() client.Filters {
	return make(client.Filters).Add("label", LabelProject+"="+r.project)
}

// containers lists the project's containers by service, the one in use first. What a broken
// replacement left over follows it.
func (r *Runtime) containers(ctx context.Context) (map[string][]container.Summary, error) {
	list, err := r.engine.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: r.mine()})
	if err != nil {
		return nil, r.engine.failed(err, "list the containers of %s", r.name)
	}
	byService := map[string][]container.Summary{}
	for _, c := range list.Items {
		service := c.Labels[LabelService]
		byService[service] = append(byService[service], c)
	}
	for _, all := range byService {
		slices.SortStableFunc(all, func(a, b container.Summary) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Created, a.Created))
		})
	}
	return byService, nil
}

// rank orders the containers of one service: one that runs, then the one that has the
// service's name, then the rest.
func rank(c container.Summary) int {
	n := 0
	if stateOf(c.State) != runtime.Running {
		n += 2
	}
	if isSpare(c) {
		n++
	}
	return n
}

// spareSuffix ends the name of a container that is to become its service's.
const spareSuffix = ".spare"

func isSpare(c container.Summary) bool {
	own := c.Labels[LabelService] + spareSuffix // a service may itself be called x.spare
	return slices.ContainsFunc(c.Names, func(name string) bool { return strings.HasSuffix(name, own) })
}

func stateOf(s container.ContainerState) runtime.State {
	switch s {
	case container.StateCreated:
		return runtime.Created
	case container.StateRunning, container.StatePaused, container.StateRestarting:
		return runtime.Running
	}
	return runtime.Exited
}

// Services reports every service of the project, by name.
func (r *Runtime) Services(ctx context.Context) ([]runtime.Service, error) {
	byService, err := r.containers(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var services []runtime.Service
	g, ctx := errgroup.WithContext(ctx)
	for name, all := range byService {
		g.Go(func() error {
			s, there, err := r.service(ctx, name, all[0])
			if err == nil && there {
				mu.Lock()
				defer mu.Unlock()
				services = append(services, s)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(services, func(a, b runtime.Service) int { return cmp.Compare(a.Name, b.Name) })
	return services, nil
}

// service looks closer at a container of a list. It may be gone by now, which is no error.
func (r *Runtime) service(ctx context.Context, name string, c container.Summary) (s runtime.Service, there bool, err error) {
	s = runtime.Service{Name: name, State: stateOf(c.State), ID: c.ID}
	if s.State == runtime.Created {
		return s, true, nil
	}
	found, err := r.engine.api.ContainerInspect(ctx, c.ID, client.ContainerInspectOptions{})
	if cerrdefs.IsNotFound(err) {
		return s, false, nil
	}
	if err != nil {
		return s, false, r.engine.failed(err, "look at service %s", name)
	}
	state := found.Container.State
	s.State, s.OOMKilled = stateOf(state.Status), state.OOMKilled
	s.StartedAt, _ = time.Parse(time.RFC3339Nano, state.StartedAt) // never started reads as the zero time
	if s.State == runtime.Running {
		s.PID = state.Pid
	} else {
		s.ExitCode = state.ExitCode
	}
	return s, true, nil
}
