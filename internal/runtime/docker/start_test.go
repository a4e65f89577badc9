package docker

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/runtimetest"
	"github.com/ccdev/ccdev/internal/wait"
)

func TestContainers(t *testing.T) {
	e := connect(t)
	image := serviceImage(t, e)
	for name, run := range map[string]func(*bench){
		"a foreign container's name is not taken":   foreignContainer,
		"a foreign network is not used":             foreignNetwork,
		"a foreign volume is not used":              foreignVolume,
		"nothing of another project is removed":     foreignStays,
		"a container without its files is replaced": interruptedCopy,
		"an interrupted replacement is finished":    interruptedReplacement,
		"a failed start brings the old one back":    failedStart,
		"a port of a container is named":            portOfContainer,
		"a new image of the same name is noticed":   newImage,
		"files reach a service that is not root":    filesForUser,
		"existing folders keep their mode":          foldersKeepMode,
		"a pruned network is made again":            prunedNetwork,
		"a changed network is a fault":              changedNetwork,
		"what waits for health waits":               healthWaits,
		"what is not healthy is a fault":            unhealthyFault,
		"no health check is a fault":                noHealthCheck,
		"a stopped service is asked to end first":   endsByItself,
		"services know each other by name":          resolvesNames,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(newBench(t, e, image))
		})
	}
}

func foreignContainer(b *bench) {
	id := b.make(b.id+"-a", nil, "wait")
	err := b.r.Start(b.Context(), b.model(waits("a")))
	isFault(b.T, err, fault.Boot, b.id+"-a", "does not belong")
	if err := b.r.Stop(b.Context()); err != nil || !b.exists(id) {
		b.Errorf("the foreign container is gone (Stop: %v)", err)
	}
	_, _ = b.e.api.ContainerRemove(b.Context(), id, client.ContainerRemoveOptions{Force: true})
}

func foreignNetwork(b *bench) {
	made, err := b.e.api.NetworkCreate(b.Context(), b.id+"_default", client.NetworkCreateOptions{Driver: "bridge"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if _, err := b.e.api.NetworkRemove(context.Background(), made.ID, client.NetworkRemoveOptions{}); err != nil {
			b.Errorf("the foreign network: %v", err)
		}
	})
	err = b.r.Start(b.Context(), b.model(waits("a")))
	isFault(b.T, err, fault.Boot, b.id+"_default", "network", "does not belong")
	if err := b.r.Remove(b.Context(), true); err != nil {
		b.Error(err)
	}
}

func foreignVolume(b *bench) {
	name := b.id + "_a"
	if _, err := b.e.api.VolumeCreate(b.Context(), client.VolumeCreateOptions{Name: name}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = b.e.api.VolumeRemove(context.Background(), name, client.VolumeRemoveOptions{}) })
	err := b.r.Start(b.Context(), b.model(waits("a")))
	isFault(b.T, err, fault.Boot, name, "volume", "does not belong")
	if err := b.r.Remove(b.Context(), true); err != nil {
		b.Error(err)
	}
	if _, err := b.e.api.VolumeRemove(b.Context(), name, client.VolumeRemoveOptions{}); err != nil {
		b.Errorf("the foreign volume: %v", err)
	}
}

func foreignStays(b *bench) {
	id := b.make(unique("ccdev-other"), map[string]string{LabelProject: b.id + "x", LabelService: "a"}, "wait")
	b.start(b.model(waits("a")))
	if err := b.r.Remove(b.Context(), true); err != nil {
		b.Fatal(err)
	}
	if !b.exists(id) {
		b.Error("the other project's container is gone")
	}
}

// labelsOf are those the service would have.
func (b *bench) labelsOf(m *types.Project, service string) map[string]string {
	b.Helper()
	p, err := translate(m, b.r.labels, nil)
	if err != nil {
		b.Fatal(err)
	}
	return p.services[service].config.Labels
}

func interruptedCopy(b *bench) {
	m := b.model(waits("a"))
	b.start(m) // makes the network: a new one would be another reason to replace
	if err := b.r.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	id := b.make(b.id+"-a", b.labelsOf(m, "a"), "wait")
	b.start(m)
	if s := b.only("a"); s.ID == id || s.State != runtime.Running {
		b.Errorf("the half made container was started: %+v", s)
	}
	if b.exists(id) {
		b.Error("the half made container is still there")
	}
}

// interruptedReplacement finds the new container running under its spare name, and the old one
// stopped under the service's.
func interruptedReplacement(b *bench) {
	m := b.model(waits("a"))
	old := b.make(b.id+"-a", map[string]string{LabelProject: b.id, LabelService: "a", LabelHash: "old"}, "exit=1")
	next := b.make(b.id+"-a"+spareSuffix, b.labelsOf(m, "a"), "wait")
	for _, id := range []string{old, next} {
		if _, err := b.e.api.ContainerStart(b.Context(), id, client.ContainerStartOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	if s := b.only("a"); s.ID != next {
		b.Errorf("reported %+v, want the one that runs", s)
	}
	b.start(m)
	found, err := b.e.api.ContainerInspect(b.Context(), b.id+"-a", client.ContainerInspectOptions{})
	if err != nil || found.Container.ID != next || b.exists(old) {
		b.Errorf("%s is %s, %v; want %s, and the old one gone", b.id+"-a", found.Container.ID, err, next)
	}
}

func failedStart(b *bench) {
	b.start(b.model(waits("a")))
	before := b.only("a")
	broken := b.model(waits("a"))
	s := broken.Services["a"]
	s.Entrypoint = types.ShellCommand{"/no/such/program"}
	broken.Services["a"] = s
	isFault(b.T, b.r.Start(b.Context(), broken), fault.Boot, "/no/such/program")
	if now := b.only("a"); now.ID != before.ID || now.State != runtime.Running {
		b.Errorf("it was %+v, and is %+v", before, now)
	}
	if b.exists(b.id + "-a" + spareSuffix) {
		b.Error("the failed replacement is still there")
	}
}

func portOfContainer(b *bench) {
	other, port := newBench(b.T, b.e, b.image), freePort(b.T)
	with := runtimetest.Service{Name: "a", Args: []string{"serve=" + strconv.Itoa(port), "wait"}, Ports: []int{port}}
	other.start(other.model(with))
	err := b.r.Start(b.Context(), b.model(with))
	isFault(b.T, err, fault.Boot, strconv.Itoa(port))
	var taken *runtime.PortTaken
	if !errors.As(err, &taken) || taken.Owner != "container "+other.id+"-a" || taken.Port != port || taken.Service != "a" {
		b.Errorf("the cause is %+v", taken)
	}
	if services, err := b.r.Services(b.Context()); err != nil || len(services) != 0 {
		b.Errorf("left %v, %v", services, err)
	}
}

func newImage(b *bench) {
	ref := unique("ccdev-test") + ":1"
	dropImage(b.T, b.e, ref)
	make := func(env string) {
		err := b.e.Extend(b.Context(), b.image, ref, tarOf(b.T, nil), runtime.ImageConfig{Env: []string{"V=" + env}})
		if err != nil {
			b.Fatal(err)
		}
	}
	make("1")
	m := b.model(runtimetest.Service{Name: "a", Program: ref, Args: []string{"wait"}})
	b.start(m)
	before := b.only("a")
	b.start(m)
	if now := b.only("a"); now.ID != before.ID {
		b.Error("it was replaced for nothing")
	}
	old, err := b.e.api.ImageInspect(b.Context(), ref)
	if err != nil {
		b.Fatal(err)
	}
	make("2")
	b.start(m)
	if now := b.only("a"); now.ID == before.ID {
		b.Error("it still runs the old image")
	}
	if err := b.r.Remove(b.Context(), true); err != nil { // before the images that it ran
		b.Error(err)
	}
	if err := b.e.RemoveImage(b.Context(), old.ID); err != nil { // was in use when it lost its name
		b.Error(err)
	}
}

func filesForUser(b *bench) {
	port := freePort(b.T)
	m := b.model(runtimetest.Service{
		Name: "a", Args: []string{"serve=" + strconv.Itoa(port), "wait"}, Ports: []int{port},
		Env: map[string]string{"GREETING": "you"}, Files: map[string]string{"greeting": "from a file"},
	})
	s := m.Services["a"]
	s.User = "4321:4321"
	m.Services["a"] = s
	b.start(m)
	if got, want := b.ask(port), "hello you from a file"; got != want {
		b.Errorf("it answers %q, want %q", got, want)
	}
}

func foldersKeepMode(b *bench) {
	m := b.model(waits("a"))
	s := m.Services["a"]
	m.Secrets = types.Secrets{"key": {Content: "x"}}
	s.Secrets = []types.ServiceSecretConfig{{Source: "key", Target: "/dev/key"}, {Source: "key", Target: "/new/key"}}
	m.Services["a"] = s
	b.start(m)
	for path, mode := range map[string]uint32{"/dev/key": 0o444, "/new": 0o755} {
		got, err := b.e.api.ContainerStatPath(b.Context(), b.id+"-a", client.ContainerStatPathOptions{Path: path})
		if err != nil || uint32(got.Stat.Mode.Perm()) != mode {
			b.Errorf("%s has mode %v, %v; want %o", path, got.Stat.Mode, err, mode)
		}
	}
}

func prunedNetwork(b *bench) {
	m := b.model(runtimetest.Service{Name: "a", Args: []string{"exit=0"}})
	b.start(m)
	err := wait.For(b.Context(), time.Minute, func(ctx context.Context) error {
		_, err := b.e.api.NetworkRemove(ctx, b.id+"_default", client.NetworkRemoveOptions{})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.start(m)
	b.only("a")
}

func changedNetwork(b *bench) {
	m := b.model(waits("a"))
	b.start(m)
	m.Networks = types.Networks{"default": {Internal: true}}
	isFault(b.T, b.r.Start(b.Context(), m), fault.Boot, b.id+"_default", "changed")
}

func endsByItself(b *bench) {
	b.start(b.model(runtimetest.Service{Name: "a", Args: []string{"out=up", "wait"}}))
	b.logged("a") // from here on it handles SIGTERM
	end := b.e.api.ContainerWait(b.Context(), b.only("a").ID, client.ContainerWaitOptions{})
	if err := b.r.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	select {
	case got := <-end.Result:
		if got.StatusCode != 0 {
			b.Errorf("it ended with %d: killed, not asked", got.StatusCode)
		}
	case err := <-end.Error:
		b.Error(err)
	}
}

func resolvesNames(b *bench) {
	m := b.model(waits("a"), runtimetest.Service{Name: "b", Args: []string{"env=HOSTNAME", "wait"}})
	s := m.Services["b"]
	s.Hostname = "b.example.com"
	m.Services["b"] = s
	b.start(m)
	if got := b.logged("b"); got != "HOSTNAME=b.example.com" {
		b.Errorf("it logged %q", got)
	}
	found, err := b.e.api.ContainerInspect(b.Context(), b.id+"-b", client.ContainerInspectOptions{})
	if err != nil {
		b.Fatal(err)
	}
	aliases := map[string]bool{}
	for _, a := range found.Container.NetworkSettings.Networks[b.id+"_default"].Aliases {
		aliases[a] = true
	}
	if !aliases["b"] || !aliases["b.example.com"] {
		b.Errorf("it is known as %v", aliases)
	}
}
