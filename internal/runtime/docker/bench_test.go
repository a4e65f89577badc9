package docker

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/runtimetest"
	"github.com/ccdev/ccdev/internal/wait"
)

// bench is a project whose services are the suite's program.
type bench struct {
	*testing.T
	e     *Engine
	r     *Runtime
	id    string
	image string
}

func newBench(t *testing.T, e *Engine, image string) *bench {
	r, model := project(t, e)
	return &bench{T: t, e: e, r: r, id: model.Name, image: image}
}

func (b *bench) model(services ...runtimetest.Service) *types.Project {
	return suiteModel(b.T, b.id, b.image, services)
}

func (b *bench) start(m *types.Project) {
	b.Helper()
	if err := b.r.Start(b.Context(), m); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) only(name string) runtime.Service {
	b.Helper()
	services, err := b.r.Services(b.Context())
	if err != nil || len(services) != 1 || services[0].Name != name {
		b.Fatalf("services are %v, %v; want only %s", names(services), err, name)
	}
	return services[0]
}

// make makes a container as a foreigner, or as an interrupted ccdev, might have.
func (b *bench) make(name string, labels map[string]string, args ...string) string {
	b.Helper()
	made, err := b.e.api.ContainerCreate(b.Context(), client.ContainerCreateOptions{
		Name: name, Config: &container.Config{Image: b.image, Cmd: args, Labels: labels},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_, _ = b.e.api.ContainerRemove(context.Background(), made.ID, client.ContainerRemoveOptions{Force: true})
	})
	return made.ID
}

func (b *bench) exists(id string) bool {
	_, err := b.e.api.ContainerInspect(b.Context(), id, client.ContainerInspectOptions{})
	return err == nil
}

func waits(name string) runtimetest.Service {
	return runtimetest.Service{Name: name, Args: []string{"wait"}}
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// logged waits for the first line of a service's log.
func (b *bench) logged(service string) string {
	b.Helper()
	var lines []string
	err := wait.For(b.Context(), time.Minute, func(ctx context.Context) error {
		if lines = runtime.Tail(ctx, b.r, service, 1); len(lines) == 0 {
			return errors.New("no line yet")
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return lines[0]
}

// ask dials a service until it answers.
func (b *bench) ask(port int) string {
	b.Helper()
	var answer [200]byte
	n := 0
	err := wait.For(b.Context(), time.Minute, func(ctx context.Context) error {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		n, err = c.Read(answer[:])
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return string(answer[:n])
}
