package session

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/build/node"
	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/ccdev/ccdev/internal/topology"
)

// chaincodeImages provides the images of the chaincodes that need more than ccdev has.
func (u *bringUp) chaincodeImages(ctx context.Context) (map[string]string, error) {
	images := map[string]string{}
	for _, cc := range u.net.Chaincodes {
		if cc.Lang != project.LangNode {
			continue
		}
		ref, err := u.ensureNode(ctx, u.engine, cmp.Or(cc.Image, binaries.DefaultNodeImage), stepFabric)
		if err != nil {
			return nil, err
		}
		images[cc.Name] = ref
	}
	return images, nil
}

// ensureNode makes an image of a base that has Node, and ccdev.
func (s *Session) ensureNode(ctx context.Context, engine *docker.Engine, base, step string) (string, error) {
	goos, arch, err := engine.Platform(ctx)
	if err != nil {
		return "", err
	}
	agent, err := binaries.AgentPath(goos, arch)
	if err != nil {
		return "", err
	}
	return binaries.EnsureNode(ctx, engine, base, binaries.Want{Agent: agent, CacheDir: s.cacheDir}, s.progress(step))
}

// bundle builds a Node chaincode beside its service, and finds out who dials whom.
func (d *deployment) bundle(ctx context.Context) (file string, mode relay.Mode, err error) {
	if err := d.ensureBuildPlace(ctx); err != nil {
		return "", "", err
	}
	built, err := d.bundled(ctx)
	if err != nil {
		return "", "", err
	}
	file = d.buildFile()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", "", fmt.Errorf("keep the build of %s: %w", d.cc.Name, err)
	}
	if err := atomicfile.Write(file, built, 0o600); err != nil {
		return "", "", err
	}
	m, err := bundle.ReadManifest(file)
	if err != nil {
		return "", "", err
	}
	mode, err = d.modeOf(able{listens: len(m.Server) > 0, dials: len(m.Client) > 0, learn: nodeLearns})
	return file, mode, err
}

// bundled builds the sources as they are now.
func (d *deployment) bundled(ctx context.Context) ([]byte, error) {
	own, err := d.npmSettings()
	if err != nil {
		return nil, err
	}
	var sources, built bytes.Buffer
	if err := node.Pack(&sources, d.cc.Path, own); err != nil {
		return nil, err
	}
	select { // so many downloads at once would leave the peers no time to install packages
	case d.builds <- struct{}{}:
		defer func() { <-d.builds }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	log := &buildLog{say: d.progress(d.step("build"))}
	err = d.rt.Exec(ctx, d.cc.Service, runtime.Command{
		Args:  d.buildCommand(),
		Stdin: &sources, Stdout: &built, Stderr: log,
	})
	if exit := (*runtime.ExitError)(nil); errors.As(err, &exit) {
		return nil, log.fault(exit)
	}
	return built.Bytes(), err
}

// buildCommand builds what comes on its standard input.
func (d *deployment) buildCommand() []string {
	args := []string{d.programs.Agent, "agent", "build-node", "-o", "json", "--dir", topology.ChaincodeDir(d.net, d.cc)}
	if d.engine != nil {
		args = append(args, "--image", cmp.Or(d.cc.Image, binaries.DefaultNodeImage))
	}
	if d.debug {
		args = append(args, "--debug")
	}
	return args
}

// npmSettings are the user's own, for a container: a plain process finds them itself.
func (d *deployment) npmSettings() (node.Settings, error) {
	if d.engine == nil {
		return node.Settings{}, nil
	}
	home, _ := os.UserHomeDir() // somebody without one may have variables
	return node.UserSettings(home, d.cc.Path, os.Environ())
}

// ensureBuildPlace sees that the service runs that the chaincode is built beside: a relay does;
// without one it is the chaincode's own, which waits while there is none.
func (d *deployment) ensureBuildPlace(ctx context.Context) error {
	if d.cc.Relay || d.engine == nil {
		return nil
	}
	service, found, err := d.service(ctx, d.cc.Service)
	if err != nil || found && service.State == runtime.Running {
		return err
	}
	model, _, err := d.model(ctx, nil)
	if err != nil {
		return err
	}
	return d.rt.Start(ctx, model, d.cc.Service)
}

// buildLog passes on what a build says, a line at a time, and keeps the fault it ends with.
type buildLog struct {
	say  func(text string, done, total int)
	rest []byte
	last []string
}

// keptLines is how many lines explain a build that ends without saying why.
const keptLines = 20

func (l *buildLog) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		l.rest = rest
		l.line(strings.TrimSpace(string(line)))
	}
}

func (l *buildLog) line(text string) {
	l.last = append(l.last, text)
	l.last = l.last[max(0, len(l.last)-keptLines):]
	if text != "" && !strings.HasPrefix(text, faultPrefix) {
		l.say(text, 0, 0)
	}
}

// faultPrefix begins the line that a ccdev with -o json fails with.
const faultPrefix = `{"error":`

// fault is what the build failed with.
func (l *buildLog) fault(exit *runtime.ExitError) error {
	var said struct {
		Error struct {
			Code    fault.Kind
			Message string
			Fix     string
		}
	}
	for _, line := range l.last {
		if strings.HasPrefix(line, faultPrefix) && json.Unmarshal([]byte(line), &said) == nil {
			return fault.New(said.Error.Code, said.Error.Fix, "%s", said.Error.Message)
		}
	}
	return fault.New(fault.Build, `try it once more: "ccdev reload"`, "the build of the chaincode ended with %w", exit).WithLog(l.last)
}
