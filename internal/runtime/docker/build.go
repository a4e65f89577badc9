package docker

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

// BuildOptions say what to build an image of.
type BuildOptions struct {
	Service    string            // that the image is for
	Context    io.Reader         // tar
	Dockerfile string            // in it
	Target     string            // stage; the last one for none
	Args       map[string]string // those of the target platform are set besides
	Line       func(text string) // told each line that the builder writes
}

// BuildImage builds an image, and gives its ID. The image has no name, and goes with the project.
// It is the engine's classic builder that builds: BuildKit gets what it needs for a registry's
// token through a session only ("no active sessions"), and so could not pull from Docker Hub.
func (r *Runtime) BuildImage(ctx context.Context, o BuildOptions) (id string, err error) {
	args := map[string]*string{}
	platform := r.engine.os + "/" + r.engine.arch
	for name, value := range map[string]string{ // what BuildKit would set
		"TARGETPLATFORM": platform, "TARGETOS": r.engine.os, "TARGETARCH": r.engine.arch, "BUILDPLATFORM": platform,
	} {
		args[name] = &value
	}
	for name, value := range o.Args {
		args[name] = &value
	}
	result, err := r.engine.api.ImageBuild(ctx, o.Context, client.ImageBuildOptions{
		Version: build.BuilderV1, Remove: true, ForceRemove: true, Dockerfile: o.Dockerfile, Target: o.Target,
		BuildArgs: args, Labels: marked(r.labels, map[string]string{LabelService: o.Service}),
	})
	if err != nil {
		if cerrdefs.IsInvalidArgument(err) {
			return "", fault.New(fault.Build, `correct the Dockerfile, then run "ccdev reload"`, "the chaincode's image does not build: %w", err)
		}
		return "", r.engine.failed(err, "build the image of %s", o.Service)
	}
	defer func() { _ = result.Body.Close() }() // read only
	b := building{tell: o.Line}
	err = b.follow(result.Body)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && b.id == "":
		err = errors.New("the engine gives no ID of it")
	}
	r.keepUnfinished(ctx, o.Service, b.made, err)
	if err != nil {
		return "", b.fault(err)
	}
	return b.id, nil
}

// bookkeeping is what the builder says of its own work, and of the arguments that are set for
// every build.
var bookkeeping = regexp.MustCompile(`^( --->|Removing intermediate container|\[Warning\] One or more build-args)`)

var hexID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// keptLines is how many of the last lines of a build that has failed are shown.
const keptLines = 20

// building is what is known of a build on its way.
type building struct {
	tell func(string)
	part string // of a line
	step string // "Step 3/7 : RUN npm ci"
	last []string
	id   string
	made string // the image of the last step that was carried out; a FROM has none of its own
}

// follow reads what the builder says to its end, which may be an error.
func (b *building) follow(stream io.Reader) error {
	return messages(stream, func(m jsonstream.Message) {
		switch {
		case m.Aux != nil:
			var image build.Result
			if json.Unmarshal(*m.Aux, &image) == nil && image.ID != "" {
				b.id = image.ID
			}
		case m.Status != "" && m.Progress == nil: // of a pull
			b.line(strings.TrimPrefix(m.ID+": "+m.Status, ": "))
		}
		b.text(m.Stream)
	})
}

// text takes a piece of what is written, which need not be whole lines.
func (b *building) text(piece string) {
	lines := strings.Split(b.part+piece, "\n")
	b.part = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		b.line(line)
	}
}

func (b *building) line(line string) {
	line = strings.TrimRight(line, " \r")
	if id, is := strings.CutPrefix(line, " ---> "); is && hexID.MatchString(id) && !strings.Contains(b.step, " : FROM ") {
		b.made = id
	}
	switch {
	case line == "" || bookkeeping.MatchString(line):
		return
	case strings.HasPrefix(line, "Step "):
		b.step, b.last = line, nil
	default:
		b.last = append(b.last, line)
		b.last = b.last[max(0, len(b.last)-keptLines):]
	}
	if b.tell != nil {
		b.tell(line)
	}
}

// fault is that of a build that has failed: with the step, and the last lines it wrote.
func (b *building) fault(err error) error {
	b.text("\n")
	step := b.step
	if step == "" {
		step = "before its first step"
	}
	return fault.New(fault.Build, `correct the source or the Dockerfile, then run "ccdev reload"`,
		"the chaincode's image does not build: %s: %w", step, err).WithLog(b.last)
}
