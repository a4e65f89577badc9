package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/build/delve"
	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/host"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/ccdev/ccdev/internal/topology"
	"golang.org/x/sync/errgroup"
)

// Debugging is what a debugger's client has to know of a chaincode.
type Debugging struct {
	Chaincode  string `json:"chaincode"`
	Lang       string `json:"lang"`
	Address    string `json:"address"`    // host:port on this machine
	Generation int    `json:"generation"` // that is being debugged
	LocalRoot  string `json:"localRoot"`  // of the sources, here
	RemoteRoot string `json:"remoteRoot"` // likewise, as the debugger names them
	TypeScript bool   `json:"typeScript,omitempty"`
}

// Debug runs a chaincode (the first for an empty name) under a debugger, tells started of it, and
// takes each change of its sources to the debugger, until ctx ends. Then it runs without one again.
func (s *Session) Debug(ctx context.Context, name string, watch bool, started func(Debugging) error) error {
	d, err := s.toDebug(ctx, name)
	if err != nil {
		return err
	}
	release, err := d.claimDebugging(ctx)
	if err != nil {
		return err
	}
	defer release()
	d.debug = true
	if deployed, err := d.runAgain(ctx); err != nil {
		if ctx := context.WithoutCancel(ctx); d.underDebugger(ctx) {
			_ = d.withoutDebugger(ctx) // what ended debugging says more
		}
		return err
	} else if !deployed {
		return fault.New(fault.Usage, `run "ccdev up -d" first`, "chaincode %s is not on the channel yet", d.cc.Name)
	}
	if err = started(d.debugging()); err == nil {
		err = d.keepDebugging(ctx, watch)
	}
	switch {
	case errors.Is(err, errReplaced):
		s.emit(event.Notice{Text: d.cc.Name + " was reloaded, and is not being debugged any more"})
		return nil
	case errors.Is(err, errTakenDown):
		s.emit(event.Notice{Text: "the network was taken down: " + d.cc.Name + " is not being debugged any more"})
		return nil
	}
	if again := d.withoutDebugger(context.WithoutCancel(ctx)); again != nil {
		return again
	}
	return err
}

func (d *deployment) withoutDebugger(ctx context.Context) error {
	d.debug, d.replace = false, true
	_, err := d.runAgain(ctx)
	return err
}

// Somebody else has ended debugging.
var (
	errReplaced  = errors.New("another generation is live, which is not being debugged")
	errTakenDown = errors.New("the network does not run any more")
)

// keepDebugging returns when ctx ends, or why somebody else has ended debugging.
func (d *deployment) keepDebugging(ctx context.Context, watch bool) error {
	both, part := errgroup.WithContext(ctx)
	both.Go(func() error { return d.untilReplaced(part) })
	if watch {
		both.Go(func() error { return develop(part, d, false) })
	}
	if err := both.Wait(); ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx) // what was ended may have said so as a failure of its own
}

// toDebug finds a chaincode of the network to debug.
func (s *Session) toDebug(ctx context.Context, name string) (*deployment, error) {
	p, err := project.Load(s.dir, project.Overrides{})
	if err != nil {
		return nil, err
	}
	l, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	cc, err := debuggable(l.net, name)
	if err != nil {
		return nil, err
	}
	u := &bringUp{Session: s, live: l, project: p, programs: l.net.Programs}
	return &deployment{bringUp: u, cc: cc}, nil
}

// runAgain builds and runs the chaincode anew, if its network is up.
func (d *deployment) runAgain(ctx context.Context) (deployed bool, err error) {
	release, err := d.lock(ctx, "debug")
	if err != nil {
		return false, err
	}
	defer release()
	if deployed, err = d.deployed(ctx); err != nil || !deployed {
		return false, err
	}
	d.emit(event.Begun{Project: d.net.Name, Fabric: d.net.Fabric, Runtime: d.net.Runtime})
	return true, steps.Run(ctx, d.reload(), d.emit)
}

// debuggable finds a chaincode that a debugger can be had for.
func debuggable(n network.Network, name string) (network.Chaincode, error) {
	cc, known := n.Chaincode(name)
	direct := slices.IndexFunc(n.Chaincodes, func(other network.Chaincode) bool { return !other.Relay })
	switch {
	case !known:
		return cc, fault.New(fault.Usage, `see which there are: "ccdev status"`, "the network has no chaincode %q", name)
	case cc.External():
		return cc, fault.New(fault.Usage, "start it in your editor's debugger: a transaction may stay at a breakpoint",
			"chaincode %s is one that you start (lang: external)", cc.Name)
	case direct >= 0: // of whichever: peers have one limit for all
		return cc, fault.New(fault.Usage, `let it have its relay while you debug: take relay: false out of ccdev.yaml, and run "ccdev up -d"`,
			"chaincode %s has no relay, so that peers end each transaction after 30 s, also one held at a breakpoint", n.Chaincodes[direct].Name)
	case !cc.Debuggable():
		return cc, fault.New(fault.Usage, "set its lang to go or node while you debug it; or to external, and start it in your editor's debugger",
			"chaincode %s runs in an image of yours (lang: %s), which ccdev cannot put a debugger into", cc.Name, cc.Lang)
	case cc.Debug.Host == "":
		return cc, fault.New(fault.Usage, `run "ccdev up -d" once: it gives it one`, "chaincode %s has no port for a debugger yet", cc.Name)
	}
	return cc, nil
}

func (d *deployment) debugging() Debugging {
	info := Debugging{
		Chaincode: d.cc.Name, Lang: d.cc.Lang, Address: d.cc.Debug.Host, Generation: d.generation.Number,
		LocalRoot: d.cc.Path, RemoteRoot: d.cc.Path, // Go is built here, and names its files as they are here
	}
	if d.cc.Lang == project.LangNode {
		_, missing := os.Stat(filepath.Join(d.cc.Path, "tsconfig.json"))
		info.TypeScript = missing == nil
		info.RemoteRoot = path.Join(filepath.ToSlash(topology.ChaincodeDir(d.net, d.cc)), "work", host.DebugFolder)
	}
	return info
}

// oneProcess refuses what needs a process, and so a debugger, for each peer.
func (d *deployment) oneProcess(mode relay.Mode) error {
	if mode != relay.Client || len(d.net.Peers()) == 1 {
		return nil
	}
	return fault.New(fault.Usage, "make it a server, which serves all peers; or debug it in a network of one org",
		"chaincode %s dials its peer, so that each of the %d peers has a process of its own", d.cc.Name, len(d.net.Peers()))
}

// underDelve makes a bundle of a Go program and the debugger that runs it.
func (d *deployment) underDelve(ctx context.Context, program string, target build.Target, mode relay.Mode) (string, error) {
	if err := d.oneProcess(mode); err != nil {
		return "", err
	}
	dlv, err := delve.Ensure(ctx, d.cacheDir, target.OS, target.Arch, func() {
		d.progress(d.step("build"))("building the debugger, delve "+delve.Version+", once for all projects", 0, 0)
	})
	if err != nil {
		return "", err
	}
	command := []string{
		"./dlv", "exec", "./chaincode", "--headless", "--listen=" + d.cc.Debug.Listen, "--api-version=2",
		"--accept-multiclient", "--continue", "--check-go-version=false",
	}
	if d.net.Runtime == network.RuntimeDocker { // who connects comes from outside of the container
		command = append(command, "--only-same-user=false")
	}
	command = append(command, "--") // what follows is for the chaincode
	var entries []bundle.Entry
	for _, e := range []struct{ name, file string }{{"dlv", dlv}, {"chaincode", program}} {
		data, err := os.ReadFile(e.file)
		if err != nil {
			return "", err
		}
		entries = append(entries, bundle.Entry{Name: e.name, Mode: 0o700, Data: data})
	}
	return debugBundle(program, bundle.Manifest{Server: command, Client: command, Debug: true}, entries)
}

// inspected makes a bundle that listens for Node's inspector of one that does not.
func (d *deployment) inspected(file string, mode relay.Mode) (string, error) {
	if err := d.oneProcess(mode); err != nil {
		return "", err
	}
	m, err := bundle.ReadManifest(file)
	if err != nil {
		return "", err
	}
	m.Debug = true
	for _, command := range []*[]string{&m.Server, &m.Client} {
		if len(*command) == 0 {
			continue
		}
		if (*command)[0] != "node" {
			return "", fault.New(fault.Usage, `make it "node FILE", or "fabric-chaincode-node server"`,
				"the start script of chaincode %s runs a shell, which no debugger can be put into", d.cc.Name)
		}
		*command = slices.Insert(slices.Clone(*command), 1, "--inspect="+d.cc.Debug.Listen)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	entries, err := bundle.Read(bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	return debugBundle(file, m, entries)
}

// debugBundle writes a bundle beside what it was made of, which the next build goes on from.
func debugBundle(beside string, m bundle.Manifest, entries []bundle.Entry) (string, error) {
	var out bytes.Buffer
	if err := bundle.Write(&out, m, entries); err != nil {
		return "", fmt.Errorf("pack the chaincode with its debugger: %w", err)
	}
	file := filepath.Join(filepath.Dir(beside), "debug")
	return file, atomicfile.Write(file, out.Bytes(), fs.FileMode(0o600))
}
