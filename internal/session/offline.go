package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/offline"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime/docker"
)

// What a file for machines without a network carries, each in a folder of this name.
const (
	carriedFabric = "fabric" // programs, by version and platform
	carriedImages = "images"
	carriedGo     = "gomod" // what GOMODCACHE has in cache/download
	carriedNPM    = "npm"   // what npm has in _cacache
)

const carriedImagesFile = "images.tar"

// SaveOptions say what to carry.
type SaveOptions struct {
	Fabric  string // version; the project's for ""
	Runtime string // project.RuntimeAuto and so on: images for Docker, programs for plain processes
	CCDev   string // its version, for the reader
}

// SaveOffline writes everything to file that "init" and "up" take from the internet: Fabric, and
// what the templates depend on.
func (s *Session) SaveOffline(ctx context.Context, file string, o SaveOptions) (err error) {
	p, err := project.Load(s.dir, project.Overrides{Fabric: o.Fabric, Runtime: o.Runtime})
	if err != nil {
		return err
	}
	if p.Fabric == "" {
		p.Fabric = network.DefaultFabric
	}
	if err := os.MkdirAll(s.cacheDir, 0o700); err != nil {
		return cannotSave(file, err)
	}
	work, err := os.MkdirTemp(s.cacheDir, "offline-")
	if err != nil {
		return cannotSave(file, err)
	}
	defer func() { _ = os.RemoveAll(work) }() // it is only room
	var folders []offline.Folder
	gather := func(step, name string, fill func(ctx context.Context, dir string) (string, error)) {
		if err != nil {
			return
		}
		err = s.step(ctx, step, func(ctx context.Context) error {
			dir := filepath.Join(work, name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			from, err := fill(ctx, dir)
			folders = append(folders, offline.Folder{Name: name, Dir: from})
			return err
		})
	}
	rt, _, err := s.choose(ctx, p)
	packages := ""
	gather("npm packages", carriedNPM, func(ctx context.Context, dir string) (_ string, err error) {
		packages, err = s.savePackages(ctx, dir)
		return packages, err
	})
	if rt == network.RuntimeDocker {
		gather("images", carriedImages, func(ctx context.Context, dir string) (string, error) { return dir, s.saveImages(ctx, p, dir, packages) })
	} else {
		gather("programs", carriedFabric, func(ctx context.Context, dir string) (string, error) { return dir, s.savePrograms(ctx, p, dir) })
	}
	gather("Go modules", carriedGo, saveModules)
	if err != nil {
		return err
	}
	about := offline.About{CCDev: o.CCDev, Fabric: p.Fabric, OS: goruntime.GOOS, Arch: goruntime.GOARCH}
	return s.step(ctx, "write", func(context.Context) error { return writeWhole(file, about, folders) })
}

// writeWhole leaves no half of a file under its name.
func writeWhole(file string, about offline.About, folders []offline.Folder) error {
	out, err := os.CreateTemp(filepath.Dir(file), ".ccdev-*")
	if err != nil {
		return cannotSave(file, err)
	}
	err = errors.Join(offline.Write(out, about, folders), out.Chmod(0o644), out.Close())
	if err == nil {
		err = os.Rename(out.Name(), file)
	}
	if err != nil {
		return errors.Join(cannotSave(file, err), os.Remove(out.Name()))
	}
	return nil
}

func cannotSave(file string, err error) error {
	return fault.New(fault.Usage, "choose a file that can be written, and see that there is room", "cannot write %s: %w", file, err)
}

func (s *Session) savePrograms(ctx context.Context, p project.Project, dir string) error {
	programs, err := binaries.Compile(ctx, binaries.Target{Version: p.Fabric, CacheDir: s.cacheDir}, s.progress("programs"))
	if err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(dir, filepath.Base(programs.Dir)), os.DirFS(programs.Dir))
}

// saveImages writes the images into a folder; those of Node chaincodes with what npm has cached in
// another one.
func (s *Session) saveImages(ctx context.Context, p project.Project, dir, packages string) error {
	engine, err := docker.Connect(ctx, s.getenv)
	if err != nil {
		return err
	}
	images, err := s.ensureImages(ctx, engine, wantImages(p, p.Fabric))
	if err != nil {
		return err
	}
	refs := []string{images.Peer, images.Orderer, images.Chaincode}
	if images.CouchDB != "" {
		refs = append(refs, images.CouchDB)
	}
	node, err := s.nodeImages(ctx, engine, p, packages)
	if err != nil {
		return err
	}
	refs = append(refs, node...)
	out, err := os.Create(filepath.Join(dir, carriedImagesFile))
	if err != nil {
		return err
	}
	return errors.Join(engine.SaveImages(ctx, out, refs), out.Close())
}

// nodeImages are what Node chaincodes run in, the templates' and the project's own, as far as they can be had.
func (s *Session) nodeImages(ctx context.Context, engine *docker.Engine, p project.Project, packages string) (refs []string, err error) {
	bases := []string{binaries.DefaultNodeImage}
	for _, cc := range p.Chaincodes {
		if cc.Image != "" && !slices.Contains(bases, cc.Image) {
			bases = append(bases, cc.Image)
		}
	}
	for _, base := range bases {
		ref, err := s.ensureNode(ctx, engine, base, "images")
		if err == nil {
			ref, err = binaries.CarryPackages(ctx, engine, ref, packages)
		}
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			s.notice("left out: Node chaincodes run in %s, and %v", base, err)
			continue
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// LoadOffline puts what SaveOffline has written where "init" and "up" look for it.
func (s *Session) LoadOffline(ctx context.Context, file string) (about offline.About, err error) {
	if err := os.MkdirAll(s.cacheDir, 0o700); err != nil {
		return about, cannotLoad(file, err)
	}
	work, err := os.MkdirTemp(s.cacheDir, "offline-")
	if err != nil {
		return about, cannotLoad(file, err)
	}
	defer func() { _ = os.RemoveAll(work) }() // it is only room
	dir := filepath.Join(work, "all")
	err = s.step(ctx, "read", func(context.Context) error {
		about, err = readOffline(file, dir)
		return err
	})
	if err != nil {
		return about, err
	}
	has := func(name string) bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil }
	if here := goruntime.GOOS + "/" + goruntime.GOARCH; has(carriedFabric) && here != about.OS+"/"+about.Arch {
		return about, fault.New(fault.Usage, "save it on such a machine, or save images: --runtime docker",
			"%s holds programs for %s/%s, and this is %s", file, about.OS, about.Arch, here)
	}
	for _, part := range []struct {
		name, step string
		load       func(ctx context.Context, dir string) error
	}{
		{carriedFabric, "programs", func(_ context.Context, dir string) error {
			return offline.Merge(dir, filepath.Join(s.cacheDir, "fabric"), func(string) bool { return false })
		}},
		{carriedImages, "images", s.loadImages},
		{carriedGo, "Go modules", s.loadModules},
		{carriedNPM, "npm packages", s.loadPackages},
	} {
		if !has(part.name) {
			continue
		}
		err := s.step(ctx, part.step, func(ctx context.Context) error { return part.load(ctx, filepath.Join(dir, part.name)) })
		if err != nil {
			return about, err
		}
	}
	return about, nil
}

func readOffline(file, dir string) (offline.About, error) {
	in, err := os.Open(file)
	if err != nil {
		return offline.About{}, cannotLoad(file, err)
	}
	defer func() { _ = in.Close() }() // only read from
	about, err := offline.Read(io.Reader(in), dir, []string{carriedFabric, carriedImages, carriedGo, carriedNPM})
	if err != nil {
		return about, cannotLoad(file, err)
	}
	return about, nil
}

func cannotLoad(file string, err error) error {
	return fault.New(fault.Usage, "make it anew: \"ccdev images save FILE\", where there is a network", "%s cannot be loaded: %w", file, err)
}

func (s *Session) loadImages(ctx context.Context, dir string) error {
	engine, err := docker.Connect(ctx, s.getenv)
	if err != nil {
		return err
	}
	in, err := os.Open(filepath.Join(dir, carriedImagesFile))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read from
	return engine.LoadImages(ctx, in)
}

// notice tells what is left out.
func (s *Session) notice(format string, args ...any) {
	s.emit(event.Notice{Text: strings.TrimSpace(fmt.Sprintf(format, args...))})
}
