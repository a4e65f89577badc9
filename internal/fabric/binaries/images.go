package binaries

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// ImageConfig is what a new image runs with.
type ImageConfig = runtime.ImageConfig

// ImageStore is the engine that keeps images.
type ImageStore interface {
	// Platform is what the engine's containers run on, as Go names it.
	Platform(ctx context.Context) (os, arch string, err error)

	HasImage(ctx context.Context, ref string) (bool, error)

	// Pull fetches an image with the user's credentials. It calls progress only for what the
	// registry made happen, and at least every few seconds while data arrives: a pull that is
	// silent for long is cancelled.
	Pull(ctx context.Context, ref string, progress Progress) error

	// Import makes a new image of nothing but the files of the tar stream.
	Import(ctx context.Context, ref string, tar io.Reader, cfg ImageConfig) error

	// Extend makes ref of base and the files of the tar stream. What cfg leaves empty stays as
	// it is in base; its labels are added.
	Extend(ctx context.Context, base, ref string, tar io.Reader, cfg ImageConfig) error
}

// Where images may come from.
const (
	SourceAuto  = "auto"  // what is there, else pulled, else compiled
	SourcePull  = "pull"  // never compiled
	SourceBuild = "build" // never Fabric's official images
)

// DefaultRegistry has Fabric's official images.
const DefaultRegistry = "docker.io/hyperledger"

// The labels of every image made here, besides runtime.ImageLabel.
const (
	FabricLabel = "dev.ccdev.fabric" // the version
	AgentLabel  = "dev.ccdev.agent"  // the first hex digits of the SHA-256 of the ccdev that made it
)

// Names of the images made here.
const (
	peerRepository    = "ccdev/fabric-peer"
	ordererRepository = "ccdev/fabric-orderer"
	chaincodeImage    = "ccdev/chaincode:1" // the number grows with its content
)

// The kinds of image, as the value of runtime.ImageLabel.
const (
	PeerImage      = "fabric-peer"
	OrdererImage   = "fabric-orderer"
	ChaincodeImage = "chaincode"
)

// Want says which images are needed. Empty fields have the defaults given here.
type Want struct {
	Version      string // of Fabric: Default. Only those of Versions can be compiled
	Source       string // SourceAuto
	Registry     string // DefaultRegistry
	PeerImage    string // a whole image name instead of the registry's; never replaced by a compiled one
	OrdererImage string // likewise
	CouchDB      bool   // it is needed as well
	CouchDBImage string // CouchDBImage(Version)
	Fresh        bool   // make them anew though they are there, as when the user asks for a pull
	Agent        string // path of the static ccdev for the engine's platform; needed
	CacheDir     string // of Compile: DefaultCacheDir()
}

// Images are the names of images that are there.
type Images struct {
	Peer      string
	Orderer   string
	Chaincode string // almost empty: a static chaincode is copied into it and runs
	How       string // where they came from, and why not from elsewhere; one line
	Made      bool   // some were not there, and were pulled or made
	CouchDB   string `json:",omitempty"`
}

// Ensure makes the images of a network exist: a peer with our external builder in it, an
// orderer, and one for chaincodes. It takes the first way that works: our image is there; the
// official one is there, or can be pulled; compiled from the Go modules. Its faults are of the
// kinds Usage and Boot; those of the store pass through.
func Ensure(ctx context.Context, store ImageStore, want Want, progress Progress) (Images, error) {
	return ensure(ctx, store, want, progress, Compile)
}

type compileFunc func(context.Context, Target, Progress) (Programs, error)

func ensure(ctx context.Context, store ImageStore, want Want, progress Progress, compile compileFunc) (Images, error) {
	want, err := want.resolved()
	if err != nil {
		return Images{}, err
	}
	agent, err := agentHash(want.Agent)
	if err != nil {
		return Images{}, fmt.Errorf("the ccdev for images: %w", err)
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	s := &supply{store: store, want: want, agent: agent, progress: progress, compile: compile}
	var images Images
	if images.Peer, err = s.peer(ctx); err != nil {
		return Images{}, err
	}
	if images.Orderer, err = s.orderer(ctx); err != nil {
		return Images{}, err
	}
	images.Chaincode = chaincodeImage
	if err = s.chaincode(ctx); err != nil {
		return Images{}, err
	}
	if images.CouchDB, err = s.couchDB(ctx); err != nil {
		return Images{}, err
	}
	images.How, images.Made = strings.Join(s.how, "; "), s.made
	return images, nil
}

func (w Want) resolved() (Want, error) {
	w.Version = cmp.Or(w.Version, Default)
	w.Registry = strings.TrimRight(cmp.Or(w.Registry, DefaultRegistry), "/")
	if w.CacheDir == "" {
		dir, err := DefaultCacheDir()
		if err != nil {
			return w, err
		}
		w.CacheDir = dir
	}
	switch w.Source {
	case "":
		w.Source = SourceAuto
	case SourceAuto, SourcePull:
	case SourceBuild:
		if w.PeerImage != "" || w.OrdererImage != "" {
			return w, fault.New(fault.Usage, "name no peer or orderer image, or choose another source",
				"images are to be built, and are named as well")
		}
	default:
		return w, fault.New(fault.Usage, "use one of auto, pull, build", "unknown source of images %q", w.Source)
	}
	return w, nil
}

// peerRef names our peer image after all it is made of. A base that the user chose is part of
// that; whether the base is the official or a compiled Fabric of the same version is not.
func (w Want) peerRef(agent string) string {
	ref := peerRepository + ":" + w.Version + "-" + agent
	if w.PeerImage != "" {
		sum := sha256.Sum256([]byte(w.PeerImage))
		ref += "-" + hex.EncodeToString(sum[:4])
	}
	return ref
}
