package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	if found, err := s.hasOurs(ctx, ref); found || err != nil {
		return ref, err
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
