package docker

import (
	"context"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// found is what there is of a service, judged.
type found struct {
	sound  *container.Summary  // as it should be; runs, or only has to be started
	old    *container.Summary  // to be replaced
	others []container.Summary // of no use
	next   string              // the id of the replacement, when it is made
}

// judge decides what becomes of the containers of a service.
func (s *starting) judge(ctx context.Context, want *spec, have []container.Summary) (found, error) {
	if len(have) == 0 {
		return found{}, nil
	}
	first := have[0]
	switch first.State {
	case container.StateCreated, container.StateDead, container.StateRemoving:
		return found{others: have}, nil // one never started may lack its files
	}
	sound, err := s.sound(ctx, want, first)
	if err != nil {
		return found{}, err
	}
	if sound {
		return found{sound: &first, others: have[1:]}, nil
	}
	return found{old: &first, others: have[1:]}, nil
}

// sound says whether a container is what it should be, except that it may have ended.
func (s *starting) sound(ctx context.Context, want *spec, c container.Summary) (bool, error) {
	if c.Labels[LabelHash] != want.hash || c.State == container.StatePaused {
		return false, nil
	}
	same, err := s.sameImage(ctx, want, c)
	if err != nil || !same || stateOf(c.State) == runtime.Running {
		return same, err
	}
	// A container that ended knows its network by id: it cannot start in a new one.
	if err := s.networked.pass(ctx); err != nil {
		return false, err
	}
	return !s.freshNetwork, nil
}

// sameImage says whether a container's image is still what its name stands for. The engine
// lists the id in place of a name that means another image by now, or none; none is no reason
// to end what runs.
func (s *starting) sameImage(ctx context.Context, want *spec, c container.Summary) (bool, error) {
	if c.Image == want.config.Image {
		return true, nil
	}
	image, err := s.engine.api.ImageInspect(ctx, want.config.Image)
	if cerrdefs.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, s.engine.failed(err, "look at image %s", want.config.Image)
	}
	return image.ID == c.ImageID, nil
}

// prepare makes a container with its files in it, under the service's name when that is free.
func (s *starting) prepare(ctx context.Context, want *spec, f found) (id string, err error) {
	if err := s.removeAll(ctx, f.others); err != nil {
		return "", err
	}
	name := want.name
	if f.old != nil {
		name += spareSuffix
		if isSpare(*f.old) {
			name = want.name
		}
	}
	id, err = s.create(ctx, want, name)
	if err != nil {
		return "", err
	}
	if len(want.files) == 0 {
		return id, nil
	}
	content, err := archive(want.files)
	if err == nil {
		_, err = s.engine.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: content})
		err = s.engine.failed(err, "copy the files of service %s", want.service)
	}
	if err != nil {
		s.discard(ctx, id)
		return "", err
	}
	return id, nil
}

// create makes a container. An image, or a network, that is not there yet is noticed by the
// engine's refusal, which costs nothing when all is there.
func (s *starting) create(ctx context.Context, want *spec, name string) (string, error) {
	id, err := s.tryCreate(ctx, want, name)
	if cerrdefs.IsNotFound(err) {
		if err := s.networked.pass(ctx); err != nil {
			return "", err
		}
		if err := s.ensureImage(ctx, want); err != nil {
			return "", err
		}
		id, err = s.tryCreate(ctx, want, name)
	}
	if cerrdefs.IsConflict(err) {
		return "", foreign("container", name, s.project)
	}
	return id, s.engine.failed(err, "create the container of service %s", want.service)
}

// tryCreate is not cancelled on its way: the engine would go on, and make what nobody knows of.
func (s *starting) tryCreate(ctx context.Context, want *spec, name string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	ctx, cancel := unbroken(ctx)
	defer cancel()
	result, err := s.engine.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name: name, Config: want.config, HostConfig: want.host,
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			s.plan.networkName: {Aliases: want.aliases},
		}},
	})
	return result.ID, err
}

// ensureImage pulls the image of a service when it is missing.
func (s *starting) ensureImage(ctx context.Context, want *spec) error {
	image := want.config.Image
	there, err := s.engine.HasImage(ctx, image)
	if err != nil || there {
		return err
	}
	if !want.mayPull {
		return fault.New(fault.Boot, "build or load the image, or let it be pulled",
			"service %s needs the image %s, which is not there", want.service, image)
	}
	progress := s.Progress
	if progress == nil {
		progress = func(string, int, int) {}
	}
	if err := s.engine.Pull(ctx, image, progress); err != nil {
		return fault.New(fault.Boot, fault.From(err).Fix, "service %s cannot start: %w", want.service, err)
	}
	return nil
}

// replace starts the prepared container in the place of the old one. When it cannot start, the
// old one goes on.
func (s *starting) replace(ctx context.Context, want *spec, f found) error {
	if f.old == nil {
		err := s.run(ctx, want, f.next)
		if err != nil {
			s.discard(ctx, f.next)
		}
		return err
	}
	wasRunning := stateOf(f.old.State) == runtime.Running
	err := s.halt(ctx, want.service, f.old.ID)
	if err == nil {
		err = s.run(ctx, want, f.next)
	}
	if err != nil {
		s.discard(ctx, f.next)
		if wasRunning {
			s.revive(ctx, f.old.ID)
		}
		return err
	}
	if err := s.remove(ctx, want.service, f.old.ID); err != nil {
		return err
	}
	if isSpare(*f.old) {
		return nil
	}
	return s.rename(ctx, want, f.next)
}

func (s *starting) run(ctx context.Context, want *spec, id string) error {
	_, err := s.engine.api.ContainerStart(ctx, id, client.ContainerStartOptions{})
	if err == nil {
		return nil
	}
	if taken := s.portTaken(ctx, want, err); taken != nil {
		return taken
	}
	return s.engine.failed(err, "start service %s", want.service)
}

// revive starts a container again that was stopped for a replacement which failed.
func (s *starting) revive(ctx context.Context, id string) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	// The failure that led here is what the user must hear of.
	_, _ = s.engine.api.ContainerStart(ctx, id, client.ContainerStartOptions{})
}

// discard removes a container that was prepared in vain; the failure is what the user hears of.
func (s *starting) discard(ctx context.Context, id string) {
	if id == "" {
		return
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_, _ = s.engine.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
}

// tidy ends what an interrupted replacement left behind.
func (s *starting) tidy(ctx context.Context, want *spec, f found) error {
	if err := s.removeAll(ctx, f.others); err != nil {
		return err
	}
	if !isSpare(*f.sound) {
		return nil
	}
	return s.rename(ctx, want, f.sound.ID)
}

func (s *starting) rename(ctx context.Context, want *spec, id string) error {
	_, err := s.engine.api.ContainerRename(ctx, id, client.ContainerRenameOptions{NewName: want.name})
	if cerrdefs.IsConflict(err) {
		return foreign("container", want.name, s.project)
	}
	return s.engine.failed(err, "rename the container of service %s", want.service)
}

func (s *starting) removeAll(ctx context.Context, all []container.Summary) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range all {
		g.Go(func() error { return s.remove(ctx, c.Labels[LabelService], c.ID) })
	}
	return g.Wait()
}
