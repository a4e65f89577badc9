package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/export"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/compose-spec/compose-go/v2/types"
)

// Compose is the network, with the chaincodes as they are now, for a compose tool. There the peers
// dial the chaincodes themselves, at the addresses of the relays, so that the packages are the same.
func (s *Session) Compose(ctx context.Context) (c export.Compose, err error) {
	l, err := s.find(ctx)
	if err != nil {
		return c, err
	}
	n := l.net
	if err := movable(n); err != nil {
		return c, err
	}
	c = export.Compose{Network: n, Packages: map[string][]byte{}}
	c.Network.Chaincodes = slices.Clone(n.Chaincodes)
	generations, err := ranBefore(n)
	if err != nil {
		return c, err
	}
	for i, cc := range n.Chaincodes {
		if err := listens(cc, generations[cc.Name]); err != nil {
			return c, err
		}
		if generations[cc.Name], err = l.whole(ctx, cc, generations[cc.Name]); err != nil {
			return c, err
		}
		c.Network.Chaincodes[i].Relay = false
		if c.Packages[cc.Name], _, err = packageOf(cc, packageType); err != nil {
			return c, err
		}
	}
	c.Model, _, err = modelOf(ctx, c.Network, generations)
	if err != nil {
		return c, err
	}
	s.sayWhatGoes(c)
	return c, mountsNothing(c.Model)
}

// sayWhatGoes names the images that are not there for ever.
func (s *Session) sayWhatGoes(c export.Compose) {
	for _, cc := range c.Network.Chaincodes {
		if cc.Lang == project.LangDockerfile {
			s.emit(event.Notice{Text: fmt.Sprintf("the image of %s was built for this network, and goes with later builds or \"ccdev down -v\": \"docker save -o FILE %s\" keeps it",
				cc.Name, c.Model.Services[cc.Service].Image)})
		}
	}
}

// whole is a generation that needs nothing of the place where it runs: the dependencies of a Node
// chaincode are there, and not in its bundle.
func (l *live) whole(ctx context.Context, cc network.Chaincode, g topology.Generation) (topology.Generation, error) {
	if cc.Lang != project.LangNode {
		return g, nil
	}
	in, err := os.Open(g.Program)
	if err != nil {
		return g, fmt.Errorf("read the bundle of %s: %w", cc.Name, err)
	}
	defer in.Close() //nolint:errcheck // only read from
	var out, said bytes.Buffer
	err = l.rt.Exec(ctx, cc.Service, runtime.Command{
		Args:  []string{l.net.Programs.Agent, "agent", "complete", "--dir", topology.ChaincodeDir(l.net, cc)},
		Stdin: in, Stdout: &out, Stderr: &said,
	})
	if exit := (*runtime.ExitError)(nil); errors.As(err, &exit) {
		err = fault.New(fault.Chaincode, `run "ccdev reload", which installs them`,
			"the dependencies of %s cannot be had: %s", cc.Name, strings.TrimSpace(said.String()))
	}
	if err != nil {
		return g, err
	}
	g.Program = filepath.Join(l.net.ChaincodeDir(cc), "whole", "chaincode")
	if err := os.MkdirAll(filepath.Dir(g.Program), 0o700); err != nil {
		return g, fmt.Errorf("keep the bundle of %s: %w", cc.Name, err)
	}
	return g, atomicfile.Write(g.Program, out.Bytes(), 0o600)
}

// movable tells whether others can run the network's services.
func movable(n network.Network) error {
	switch {
	case n.Runtime != network.RuntimeDocker:
		return fault.New(fault.Usage, `make a network on Docker: "ccdev down -v", then "ccdev up -d --runtime docker"`,
			"the network is of plain processes, and a compose file is of containers")
	case n.HasCouchDB():
		return fault.New(fault.Usage, "export a network with stateDatabase: leveldb", "ccdev cannot export a network with CouchDB")
	}
	return nil
}

// listens refuses a chaincode that cannot be a service of its own.
func listens(cc network.Chaincode, g topology.Generation) error {
	if cc.External() {
		return fault.New(fault.Usage, "let ccdev build it, or give it a Dockerfile (lang: dockerfile)",
			"the chaincode %s is started by you, and is not ccdev's to export", cc.Name)
	}
	if g.Number == 0 {
		return fault.New(fault.Usage, `run "ccdev up -d"`, "the chaincode %s has not run yet", cc.Name)
	}
	can, learn := true, goLearns
	switch cc.Lang {
	case project.LangGo:
		code, err := os.ReadFile(g.Program)
		if err != nil {
			return fmt.Errorf("read the program of %s: %w", cc.Name, err)
		}
		can = golang.Serves(code)
	case project.LangNode:
		m, err := bundle.ReadManifest(g.Program)
		if err != nil {
			return err
		}
		can, learn = len(m.Server) > 0, nodeLearns
	}
	if !can {
		return fault.New(fault.Usage, learn, "the chaincode %s can only dial a peer, and without a relay no peer lets it", cc.Name)
	}
	return nil
}

// mountsNothing refuses what the user's override file has of this machine.
func mountsNothing(model *types.Project) error {
	for _, name := range model.ServiceNames() {
		s := model.Services[name]
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeBind {
				return fault.New(fault.Usage, "give it as a config, or take it out of "+topology.OverrideFile,
					"the service %s mounts %s, which is not where the export goes", name, v.Source)
			}
		}
		if s.Build != nil || len(s.Secrets) > 0 {
			return fault.New(fault.Usage, "give it an image, and configs, in "+topology.OverrideFile,
				"the service %s is built of this machine's files, or has secrets", name)
		}
	}
	return nil
}
