package binaries

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/runtime"
)

// BuilderImage is the kind of image that holds the external builder and nothing else, as the value of
// runtime.ImageLabel.
const BuilderImage = "builder"

const builderRepository = "ccdev/builder"

// BuilderRef is the name of the image with the external builder of a version of ccdev.
func BuilderRef(version string) string {
	return builderRepository + ":" + strings.ReplaceAll(version, "+", "_") // no tag has a +
}

// MakeBuilder makes the image ref for the init container of a peer that has no builder of chaincode as
// a service: ccdev, by the names that a peer calls the builder by, and by that which copies it into a
// volume. Of want it uses Agent and CacheDir. Its faults are of the kind Boot; those of the store pass
// through.
func MakeBuilder(ctx context.Context, store ImageStore, ref string, want Want, progress Progress) error {
	want.Fresh = true // the name does not tell which ccdev is in it
	want, err := want.resolved()
	if err != nil {
		return err
	}
	agent, err := agentHash(want.Agent)
	if err != nil {
		return fmt.Errorf("the ccdev for images: %w", err)
	}
	if err := checkStatic(want.Agent); err != nil {
		return err
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	s := &supply{store: store, want: want, agent: agent, progress: progress}
	cfg := ImageConfig{
		Entrypoint: []string{"/" + extbuilder.CopyProgram}, WorkingDir: "/",
		Labels: map[string]string{runtime.ImageLabel: BuilderImage, AgentLabel: agent},
	}
	return s.fill(ctx, ref, builderEntries(want.Agent), func(tar io.Reader) error { return store.Import(ctx, ref, tar, cfg) })
}

// builderEntries are one program with several names.
func builderEntries(agent string) []entry {
	programs := extbuilder.Programs()
	entries := []entry{{name: "/" + programs[0], mode: 0o755, file: agent}}
	for _, name := range append(programs[1:], extbuilder.CopyProgram) {
		entries = append(entries, entry{name: "/" + name, mode: 0o777, link: programs[0]})
	}
	return entries
}
