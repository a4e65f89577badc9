package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/build/node"
)

// DefaultNodeImage is what Node chaincodes run in.
const DefaultNodeImage = "node:22-slim"

const nodeRepository = "ccdev/chaincode-node"

// NodeImage is the kind of image that Node chaincodes run in, as the value of runtime.ImageLabel.
const NodeImage = "chaincode-node"

// EnsureNode makes an image exist that has ccdev on top of a base that has Node and npm, and gives
// its name. The base is taken from this machine or pulled. Of want it uses Agent, CacheDir and
// Fresh. Its faults are of the kinds Usage and Boot; those of the store pass through.
func EnsureNode(ctx context.Context, store ImageStore, base string, want Want, progress Progress) (ref string, err error) {
	if want, err = want.resolved(); err != nil {
		return "", err
	}
	agent, err := agentHash(want.Agent)
	if err != nil {
		return "", fmt.Errorf("the ccdev for images: %w", err)
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	want.Source = SourcePull // nothing else could give it
	s := &supply{store: store, want: want, agent: agent, progress: progress, compile: Compile}
	sum := sha256.Sum256([]byte(base))
	ref = nodeRepository + ":" + agent + "-" + hex.EncodeToString(sum[:4])
	for _, made := range []string{ref, ref + carriedSuffix} {
		if found, err := s.hasOurs(ctx, made); found || err != nil {
			return made, err
		}
	}
	if err := checkStatic(want.Agent); err != nil {
		return "", err
	}
	found, err := s.official(ctx, base, "")
	if err != nil {
		return "", err
	}
	return ref, s.extend(ctx, found, ref, agentEntries(want.Agent), ImageConfig{
		Cmd:    []string{agentFile}, // a container needs one, and a base may have none
		Labels: s.labels(NodeImage),
	})
}

// carriedSuffix ends the tags of images that have packages in them, too.
const carriedSuffix = "-carried"

// CarryPackages makes an image of one that EnsureNode has given and of what npm has cached in a folder,
// for a machine without a network: EnsureNode takes it there. It gives the image's name.
func CarryPackages(ctx context.Context, store ImageStore, ref, cache string) (string, error) {
	if strings.HasSuffix(ref, carriedSuffix) {
		return ref, nil
	}
	carried := ref + carriedSuffix
	if found, err := store.HasImage(ctx, carried); found || err != nil {
		return carried, err
	}
	entries := []entry{{name: node.CarriedCache, mode: 0o755}}
	err := fs.WalkDir(os.DirFS(cache), ".", func(name string, d fs.DirEntry, err error) error {
		e := entry{name: path.Join(node.CarriedCache, name), mode: 0o755}
		if err == nil && !d.IsDir() {
			e.mode, e.file = 0o644, filepath.Join(cache, filepath.FromSlash(name))
		}
		if name != "." {
			entries = append(entries, e)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read npm's cache: %w", err)
	}
	err = withTar(entries, func(tar io.Reader) error { return store.Extend(ctx, ref, carried, tar, ImageConfig{}) })
	return carried, err
}
