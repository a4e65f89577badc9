package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/build/dockerfile"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/ccdev/ccdev/internal/topology"
)

// containers is the runtime of a network that has chaincodes which are images.
func (l *live) containers() *docker.Runtime {
	return l.engine.Runtime(l.net.ID, l.net.Name, l.net.Dir)
}

// source is the chaincode as the project has it.
func (d *deployment) source() project.Chaincode {
	for _, cc := range d.project.Chaincodes {
		if cc.Name == d.cc.Name {
			return cc
		}
	}
	return project.Chaincode{}
}

// buildImage builds the chaincode's image, and gives the file that holds its ID: what is kept of a
// generation that is an image.
func (d *deployment) buildImage(ctx context.Context) (file string, err error) {
	options := d.source().Build
	if err := dockerfile.Check(d.cc.Path, options.Dockerfile); err != nil {
		return "", err
	}
	source, err := dockerfile.Context(d.cc.Path, options.Dockerfile)
	if err != nil {
		return "", err
	}
	defer source.Close() //nolint:errcheck // it was only read
	id, err := d.containers().BuildImage(ctx, docker.BuildOptions{
		Service: d.cc.Service, Context: source, Args: options.Args, Target: options.Target,
		Dockerfile: filepath.ToSlash(cmp.Or(options.Dockerfile, dockerfile.Default)),
		Line:       func(text string) { d.emit(event.StepProgress{Step: d.step("build"), Text: text}) },
	})
	if err != nil {
		return "", err
	}
	file = filepath.Join(d.net.ChaincodeDir(d.cc), "build", "chaincode")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("keep the image of %s: %w", d.cc.Name, err)
	}
	return file, atomicfile.Write(file, []byte(id), 0o600)
}

// imageOf is the ID of a generation's image; empty for one that is a program, or not built.
func imageOf(cc network.Chaincode, g topology.Generation) (string, error) {
	if cc.Lang != project.LangDockerfile || g.Program == "" {
		return "", nil
	}
	id, err := os.ReadFile(g.Program)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil && !strings.HasPrefix(string(id), "sha256:") {
		return "", nil // a program, of before the chaincode was an image
	}
	return string(id), err
}

// runImage starts a generation that is an image, has the relay take it, and removes those before
// it that the relay has ended.
func (d *deployment) runImage(ctx context.Context, client *control.Client, g topology.Generation) error {
	model, _, err := d.model(ctx, map[string]topology.Generation{d.cc.Name: g})
	if err != nil {
		return err
	}
	service := topology.GenerationService(d.cc, g.Number)
	if err := d.rt.Start(ctx, model, service); err != nil {
		return err
	}
	err = d.watching(ctx, service, fault.Chaincode, func(ctx context.Context) error {
		_, port, _ := strings.Cut(d.cc.Endpoint.Listen, ":")
		_, err := client.DeliverAddress(ctx, g.Number, service+":"+port, service)
		return d.refused(err)
	})
	if err == nil {
		return d.removeEnded(ctx, client, g.Number)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	return errors.Join(err, d.containers().StopWithImages(ctx, service))
}

// removeEnded removes the generations before the live one that the relay has done with.
func (d *deployment) removeEnded(ctx context.Context, client *control.Client, live int) error {
	services, err := d.rt.Services(ctx)
	if err != nil {
		return err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	needed := map[int]bool{}
	for _, g := range status.Generations {
		needed[g.Number] = needed[g.Number] || g.State != relay.Crashed && g.State != relay.Stopped
	}
	var ended []string
	for _, s := range services {
		if number, is := topology.GenerationOf(d.cc, s.Name); is && number < live && !needed[number] {
			ended = append(ended, s.Name)
		}
	}
	return d.containers().StopWithImages(ctx, ended...)
}

// isGeneration says whether a service is a generation of one of the network's images: its relay
// says when it is not needed any more.
func (u *bringUp) isGeneration(service string) bool {
	for _, cc := range u.net.Chaincodes {
		if _, is := topology.GenerationOf(cc, service); is {
			return true
		}
	}
	return false
}

// imagesBefore gives the services of those generations that are images, to be started with the
// nodes, and drops those whose image is gone.
func (u *bringUp) imagesBefore(ctx context.Context, generations map[string]topology.Generation) (services []string) {
	for _, cc := range u.net.Chaincodes {
		g, ran := generations[cc.Name]
		if !ran || cc.Lang != project.LangDockerfile {
			continue
		}
		id, err := imageOf(cc, g)
		if err == nil && id != "" {
			if there, err := u.engine.HasImage(ctx, id); err == nil && there && cc.Relay {
				services = append(services, topology.GenerationService(cc, g.Number))
				continue
			} else if there {
				continue
			}
		}
		delete(generations, cc.Name) // it is built again
	}
	return services
}

// withGenerations gives a service, and where it is a chaincode's those that are its generations.
func withGenerations(n network.Network, service string, there []string) []string {
	all := []string{service}
	for _, cc := range n.Chaincodes {
		for _, other := range there {
			if _, is := topology.GenerationOf(cc, other); is && cc.Service == service {
				all = append(all, other)
			}
		}
	}
	return all
}
