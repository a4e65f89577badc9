package docker

import (
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// withHealth makes a service depend on the health of another, whose check is this.
func (b *bench) withHealth(test ...string) *types.Project {
	m := b.model(waits("a"), waits("b"))
	first, second := m.Services["a"], m.Services["b"]
	second.DependsOn = marry(nil, "a", types.ServiceConditionHealthy)
	if test != nil {
		first.HealthCheck = &types.HealthCheckConfig{
			Test: test, Interval: ptr(types.Duration(20 * time.Millisecond)), Retries: ptr(uint64(2)),
		}
	}
	m.Services["a"], m.Services["b"] = first, second
	return m
}

func healthWaits(b *bench) {
	b.start(b.withHealth("CMD", "/testservice", "exit=0"))
	found, err := b.e.api.ContainerInspect(b.Context(), b.id+"-a", client.ContainerInspectOptions{})
	if err != nil || found.Container.State.Health.Status != container.Healthy {
		b.Errorf("its health is %+v, %v", found.Container.State.Health, err)
	}
}

func unhealthyFault(b *bench) {
	err := b.r.Start(b.Context(), b.withHealth("CMD", "/testservice", "out=no good", "exit=1"))
	isFault(b.T, err, fault.Boot, "a is not healthy", "no good")
	if s := b.only("a"); s.State != runtime.Running {
		b.Errorf("a is %+v; b must not be there", s)
	}
}

func noHealthCheck(b *bench) {
	isFault(b.T, b.r.Start(b.Context(), b.withHealth()), fault.Usage, "a has no health check")
}
