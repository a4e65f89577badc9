package session

import (
	"context"
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
)

// Images makes the images of a Fabric version (the project's for an empty one) exist, taken from
// source: one of binaries' sources.
func (s *Session) Images(ctx context.Context, fabric, source string) (images binaries.Images, err error) {
	p, err := project.Load(s.dir, project.Overrides{Fabric: fabric})
	if err != nil {
		return images, err
	}
	p.Images.Source = source
	if p.Fabric == "" {
		p.Fabric = network.DefaultFabric
	}
	engine, err := docker.Connect(ctx, s.getenv)
	if err != nil {
		return images, err
	}
	err = s.step(ctx, stepFabric, func(ctx context.Context) error {
		want := wantImages(p, p.Fabric)
		want.Fresh = true // that is what was asked for
		want.CouchDB = want.CouchDB && source != binaries.SourceBuild
		images, err = s.ensureImages(ctx, engine, want)
		return err
	})
	return images, err
}

// BuilderImage makes the image ref, which holds ccdev's external builder for peers elsewhere.
func (s *Session) BuilderImage(ctx context.Context, ref string) error {
	engine, err := docker.Connect(ctx, s.getenv)
	if err != nil {
		return err
	}
	goos, arch, err := engine.Platform(ctx)
	if err != nil {
		return err
	}
	want := binaries.Want{CacheDir: s.cacheDir}
	if want.Agent, err = binaries.AgentPath(goos, arch); err != nil {
		return err
	}
	return s.step(ctx, stepBuilder, func(ctx context.Context) error {
		return binaries.MakeBuilder(ctx, engine, ref, want, s.progress(stepBuilder))
	})
}

// stepBuilder is the step of BuilderImage.
const stepBuilder = "builder"

// wantImages are the images that the project wants of a Fabric version.
func wantImages(p project.Project, fabric string) binaries.Want {
	return binaries.Want{
		Version: fabric, Source: p.Images.Source,
		Registry: p.Images.Registry, PeerImage: p.Images.Peer, OrdererImage: p.Images.Orderer,
		CouchDB: p.StateDatabase == project.CouchDB, CouchDBImage: p.Images.CouchDB,
	}
}

func (s *Session) ensureImages(ctx context.Context, engine *docker.Engine, want binaries.Want) (binaries.Images, error) {
	goos, arch, err := engine.Platform(ctx)
	if err != nil {
		return binaries.Images{}, err
	}
	want.CacheDir = s.cacheDir
	if want.Agent, err = binaries.AgentPath(goos, arch); err != nil {
		return binaries.Images{}, err
	}
	images, err := binaries.Ensure(ctx, engine, want, s.progress(stepFabric))
	if err == nil && images.Made {
		removeOldImages(ctx, engine, images)
	}
	return images, err
}

// oldImage is the age at which a peer image of another ccdev counts as left behind: one that is
// younger may be about to be used.
const oldImage = 24 * time.Hour

// removeOldImages removes the images with a ccdev in them that ccdevs before this one have made. What cannot be
// removed is in use, or costs room only.
func removeOldImages(ctx context.Context, engine *docker.Engine, now binaries.Images) {
	images, err := engine.Images(ctx)
	if err != nil {
		return
	}
	this := slices.IndexFunc(images, func(i runtime.Image) bool { return i.Ref == now.Peer })
	if this < 0 {
		return
	}
	agent := images[this].Labels[binaries.AgentLabel]
	for _, i := range images {
		kind := i.Labels[runtime.ImageLabel]
		foreign := (kind == binaries.PeerImage || kind == binaries.NodeImage) && i.Labels[binaries.AgentLabel] != agent
		if foreign && time.Since(i.Created) > oldImage {
			_ = engine.RemoveImage(ctx, i.Ref)
		}
	}
}

func (s *Session) progress(step string) binaries.Progress {
	return func(text string, done, total int) {
		s.emit(event.StepProgress{Step: step, Text: text, Done: done, Total: total})
	}
}
