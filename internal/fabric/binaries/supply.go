package binaries

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// configEnv is where Fabric's own images look for core.yaml and orderer.yaml.
const configEnv = "FABRIC_CFG_PATH=/etc/hyperledger/fabric"

// supply makes the images of one Ensure.
type supply struct {
	store    ImageStore
	want     Want
	agent    string // hash
	progress Progress
	compile  compileFunc

	pullFailure error     // why pulling official images is not tried again
	programs    *Programs // once compiled
	how         []string
	made        bool
}

func (s *supply) peer(ctx context.Context) (string, error) {
	ref := s.want.peerRef(s.agent)
	if found, err := s.hasOurs(ctx, ref); found || err != nil {
		return ref, err
	}
	if err := checkStatic(s.want.Agent); err != nil {
		return "", err
	}
	base, err := s.official(ctx, s.want.PeerImage, "fabric-peer")
	if err != nil {
		return "", err
	}
	if base != "" {
		return ref, s.extend(ctx, base, ref, agentEntries(s.want.Agent), ImageConfig{Labels: s.labels(PeerImage)})
	}
	programs, err := s.compiled(ctx)
	if err != nil {
		return "", err
	}
	entries := slices.Concat(programEntries("peer", programs.Peer), agentEntries(s.want.Agent))
	return ref, s.create(ctx, ref, entries, ImageConfig{
		Cmd: []string{"peer", "node", "start"}, Env: []string{configEnv}, Labels: s.labels(PeerImage),
	})
}

func (s *supply) orderer(ctx context.Context) (string, error) {
	ref := ordererRepository + ":" + s.want.Version
	if s.want.OrdererImage == "" {
		if found, err := s.hasOurs(ctx, ref); found || err != nil {
			return ref, err
		}
	}
	base, err := s.official(ctx, s.want.OrdererImage, "fabric-orderer")
	if base != "" || err != nil {
		return base, err
	}
	programs, err := s.compiled(ctx)
	if err != nil {
		return "", err
	}
	return ref, s.create(ctx, ref, programEntries("orderer", programs.Orderer), ImageConfig{
		Cmd: []string{"orderer"}, Env: []string{configEnv}, Labels: s.labels(OrdererImage),
	})
}

func (s *supply) chaincode(ctx context.Context) error {
	if found, err := s.has(ctx, chaincodeImage); found || err != nil {
		return err
	}
	return s.create(ctx, chaincodeImage, nil, ImageConfig{Labels: s.labels(ChaincodeImage)})
}

func (s *supply) labels(kind string) map[string]string {
	return map[string]string{runtime.ImageLabel: kind, FabricLabel: s.want.Version, AgentLabel: s.agent}
}

// create makes an image of an empty root file system and these entries.
func (s *supply) create(ctx context.Context, ref string, entries []entry, cfg ImageConfig) error {
	cfg.Env = append(cfg.Env, searchPath)
	cfg.WorkingDir = "/"
	return s.fill(ctx, ref, slices.Concat(rootEntries(), entries), func(tar io.Reader) error {
		return s.store.Import(ctx, ref, tar, cfg)
	})
}

// extend makes an image of another one and these entries.
func (s *supply) extend(ctx context.Context, base, ref string, entries []entry, cfg ImageConfig) error {
	return s.fill(ctx, ref, entries, func(tar io.Reader) error { return s.store.Extend(ctx, base, ref, tar, cfg) })
}

// fill has an image made of the entries, unless another ccdev makes the same one meanwhile: the
// second of two would only take the name off the first.
func (s *supply) fill(ctx context.Context, ref string, entries []entry, use func(io.Reader) error) error {
	if err := os.MkdirAll(s.want.CacheDir, 0o755); err != nil {
		return err
	}
	unlock, err := place{
		dir:     filepath.Join(s.want.CacheDir, "images"),
		waiting: func() { s.progress("another ccdev is making images", 0, 0) },
	}.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if found, err := s.has(ctx, ref); found && !s.want.Fresh || err != nil {
		return err
	}
	s.progress("making image "+ref, 0, 0)
	s.made = true
	if err := withTar(entries, use); err != nil {
		return fmt.Errorf("make image %s: %w", ref, err)
	}
	return nil
}

func (s *supply) has(ctx context.Context, ref string) (bool, error) {
	found, err := s.store.HasImage(ctx, ref)
	if err != nil {
		return false, fmt.Errorf("look for image %s: %w", ref, err)
	}
	return found, nil
}

// hasOurs is has for an image made here earlier.
func (s *supply) hasOurs(ctx context.Context, ref string) (bool, error) {
	if s.want.Fresh {
		return false, nil
	}
	found, err := s.has(ctx, ref)
	if found {
		s.note(ref + " is local")
	}
	return found, err
}

func (s *supply) note(text string) { s.how = append(s.how, text) }

// official gives the name of Fabric's own image, or of the one the user named, once it is
// there. It gives no name where compiling is the way.
func (s *supply) official(ctx context.Context, named, repository string) (string, error) {
	if s.want.Source == SourceBuild {
		return "", nil
	}
	ref := named
	if ref == "" {
		ref = s.want.Registry + "/" + repository + ":" + s.want.Version
	}
	found, err := s.has(ctx, ref)
	if err != nil {
		return "", err
	}
	if found {
		s.note(ref + " is local")
		return ref, nil
	}
	if s.pullFailure != nil && named == "" {
		return "", nil
	}
	s.progress("pulling "+ref, 0, 0)
	if err := pull(ctx, s.store, ref, s.progress); err != nil {
		fix := ""
		if named != "" {
			fix = "check the name and the network, log in to its registry with \"docker login\", or name no image"
		}
		return "", s.notPulled(ctx, ref, fix, err)
	}
	s.note("pulled " + ref)
	return ref, nil
}

// notPulled decides what a failed pull means: it is an error, or a reason to compile. An image
// that nothing can replace, as the user named it, comes with a fix.
func (s *supply) notPulled(ctx context.Context, ref, fix string, err error) error {
	var known *fault.Fault
	if errors.As(err, &known) && known.Cause != nil {
		err = known.Cause // the faults below say the rest of it, with fixes that fit
	}
	switch {
	case known != nil && known.Kind == fault.Runtime: // not the registry, but the engine is gone
		return known
	case ctx.Err() != nil:
		return fmt.Errorf("pull %s: %w", ref, err)
	case fix != "":
		return fault.New(fault.Boot, fix, "image %s cannot be pulled: %w", ref, err)
	case s.want.Source == SourcePull:
		return fault.New(fault.Boot,
			"check the network, load the image with \"docker load\", or let ccdev compile Fabric: set images to build",
			"image %s cannot be pulled: %w", ref, err)
	}
	s.pullFailure = fmt.Errorf("%s cannot be pulled: %w", ref, err)
	s.progress(s.pullFailure.Error(), 0, 0)
	return nil
}

// compiled gives Fabric's programs for the engine's platform.
func (s *supply) compiled(ctx context.Context) (Programs, error) {
	if s.programs != nil {
		return *s.programs, nil
	}
	goos, goarch, err := s.store.Platform(ctx)
	if err != nil {
		return Programs{}, fmt.Errorf("ask for the engine's platform: %w", err)
	}
	target := Target{Version: s.want.Version, OS: goos, Arch: goarch, CacheDir: s.want.CacheDir}
	programs, err := s.compile(ctx, target, s.progress)
	why := ""
	if s.pullFailure != nil {
		why = " (" + s.pullFailure.Error() + ")"
	}
	if err != nil {
		return Programs{}, fmt.Errorf("%w%s", err, why)
	}
	s.programs = &programs
	s.how = append(s.how, "compiled Fabric "+s.want.Version+why)
	return programs, nil
}
