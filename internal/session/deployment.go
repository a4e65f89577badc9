package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"time"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fabric/probe"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/ccdev/ccdev/internal/wait"
)

// deployment is the part of an up that one chaincode needs.
type deployment struct {
	*bringUp
	cc network.Chaincode

	debug   bool // whether what is built is for a debugger
	replace bool // whether a build that is the same as the last one is a new generation too
	next    bool // whether a definition that is the same as the committed one is a new sequence too

	generation topology.Generation  // set by the step "build"
	mode       relay.Mode           // likewise
	pkg        []byte               // set by the look of "install"
	id         string               // likewise
	definition lifecycle.Definition // set by the look of "approve"
	why        string               // what makes it another one than is committed; likewise
}

// step names a step of this chaincode.
func (d *deployment) step(what string) string { return what + " " + d.cc.Name }

func (d *deployment) steps() []steps.Step {
	start, commitAfter := d.startStep(), d.step("approve")
	if !d.cc.Relay {
		// A peer dials a chaincode as soon as it is committed (core/chaincode/lifecycle/custodian.go),
		// and tries again only after a second. A relay is there before.
		commitAfter = start.Name
	}
	list := []steps.Step{
		d.buildStep(),
		start,
		{
			Name: d.step("install"), Needs: []string{stepNodes}, Look: d.lookInstalled, Run: d.install,
			Reason: "package " + d.cc.Label,
		},
		{
			Name: d.step("approve"), Needs: []string{stepPeers, d.step("install")}, Look: d.lookApproved, Run: d.approve,
			Reason: "by every org" + d.withCollections(),
		},
		{
			Name: d.step("commit"), Needs: []string{d.step("approve"), commitAfter}, Look: d.lookCommitted, Run: d.commit,
			Reason: "to " + d.net.Channel,
		},
	}
	list = append(list, d.initSteps(d.step("commit"), start.Name)...)
	return d.external(append(list, steps.Step{
		Name: d.step("ready"), Needs: []string{list[len(list)-1].Name, start.Name}, Apart: true, Run: d.ready,
		Reason: "a first answer through every org's peer",
	}))
}

// buildStep builds the sources; those of a Node chaincode where they will run.
func (d *deployment) buildStep() steps.Step {
	step := steps.Step{Name: d.step("build"), Apart: true, Run: d.build, Reason: "sources in " + atHome(d.cc.Path)}
	switch {
	case d.cc.Lang != project.LangNode:
	case d.cc.Relay:
		step.Needs = []string{stepNodes}
	default:
		step.Needs = []string{stepFabric, stepIdentities}
	}
	return step
}

// startStep makes the build run: the relay starts it, or the runtime does.
func (d *deployment) startStep() steps.Step {
	step := steps.Step{
		Name: d.step("start"), Needs: []string{stepNodes, d.step("build")}, Apart: true, Run: d.deliver,
		Reason: "behind the relay at " + d.cc.Endpoint.Inside,
	}
	if !d.cc.Relay {
		step.Run, step.Reason = d.start, "as a service at "+d.cc.Endpoint.Inside
		step.Needs = []string{stepIdentities, d.startsAfter(), d.step("build")}
	}
	return step
}

// startsAfter is what a start by the runtime waits for besides the build: what it needs to run,
// or, where the generation before is started with the nodes, that start.
func (d *deployment) startsAfter() string {
	if _, err := os.Stat(d.net.ChaincodeDir(d.cc)); err == nil {
		return stepNodes
	}
	return stepFabric
}

// packageOf makes the chaincode's package. It depends on nothing but the chaincode's label, its
// address, its TLS, and its META-INF, so that its ID is known before anything runs, and no change of
// the code is one of the package.
func packageOf(cc network.Chaincode, packageType string) (pkg []byte, id string, err error) {
	connection, err := connectionOf(cc)
	if err != nil {
		return nil, "", err
	}
	pkg, err = ccpackage.Build(ccpackage.Spec{Label: cc.Label, Type: packageType, MetaInf: metaInf(cc), Connection: connection})
	return pkg, ccpackage.ID(cc.Label, pkg), err
}

// build builds the chaincode. The result is a new generation if the program is another one.
func (d *deployment) build(ctx context.Context) (note string, err error) {
	program, mode, err := d.compileProgram(ctx)
	if err != nil {
		return "", err
	}
	d.mode = mode
	d.generation, err = nextGeneration(d.net.ChaincodeDir(d.cc), program, d.replace)
	return fmt.Sprintf("generation %d", d.generation.Number), err
}

// compileProgram builds the sources as they are now, and finds out who dials whom. The next call
// replaces the program.
func (d *deployment) compileProgram(ctx context.Context) (program string, mode relay.Mode, err error) {
	switch d.cc.Lang {
	case project.LangNode:
		if program, mode, err = d.bundle(ctx); err == nil && d.debug {
			program, err = d.inspected(program, mode)
		}
		return program, mode, err
	case project.LangDockerfile:
		program, err = d.buildImage(ctx)
		return program, relay.Server, err
	default:
		return d.goProgram(ctx)
	}
}

// goProgram builds a Go chaincode, and puts it under the debugger where one is asked for.
func (d *deployment) goProgram(ctx context.Context) (program string, mode relay.Mode, err error) {
	target := build.Target{OS: goruntime.GOOS, Arch: goruntime.GOARCH, Here: d.engine == nil, Debug: d.debug}
	if d.engine != nil {
		if target.OS, target.Arch, err = d.engine.Platform(ctx); err != nil {
			return "", "", err
		}
	}
	program = d.buildFile()
	built, err := build.Program(ctx, d.cc.Path, program, target)
	if err != nil {
		return "", "", err
	}
	mode, err = d.modeOf(able{listens: built.Serves, dials: built.Dials || !built.Serves, learn: goLearns})
	if secure := d.source().TLS; err == nil && mode == relay.Client && secure.Given() {
		err = cctls.CheckDialling(secure)
	}
	if err == nil && d.debug {
		program, err = d.underDelve(ctx, program, target, mode)
	}
	return program, mode, err
}

// buildFile is where the chaincode is built. Another command may be building the same chaincode for a
// debugger.
func (d *deployment) buildFile() string {
	dir := "build"
	if d.debug {
		dir = "build-debug"
	}
	return filepath.Join(d.net.ChaincodeDir(d.cc), dir, "chaincode")
}

// start runs the generation, and waits until it registers as the peers expect it to.
func (d *deployment) start(ctx context.Context) (note string, err error) {
	model, _, err := d.model(ctx, map[string]topology.Generation{d.cc.Name: d.generation})
	if err != nil {
		return "", err
	}
	if err := d.startServices(ctx, model, d.cc.Service); err != nil {
		return "", err
	}
	secure, err := tlsOf(d.cc).Load()
	if err != nil {
		return "", err
	}
	err = d.watching(ctx, d.cc.Service, fault.Chaincode, func(ctx context.Context) error {
		err := wait.For(ctx, readyLimit, func(ctx context.Context) error {
			return probe.Register(ctx, d.cc.Endpoint.Host, d.cc.PackageID, secure)
		})
		return d.unready(err)
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("generation %d", d.generation.Number), keepGeneration(d.net.ChaincodeDir(d.cc), d.generation)
}

// readyLimit bounds the time from a chaincode's start to its answer: what the peer allows as well
// (chaincode.startuptimeout).
const readyLimit = 15 * time.Second

// packageType is that of the packages ccdev makes: every peer since Fabric 2.4.1 can know it.
const packageType = "ccaas"

func (d *deployment) unready(err error) error {
	if err == nil {
		return nil
	}
	fix := fmt.Sprintf("see that it listens at the address in CHAINCODE_SERVER_ADDRESS (%s);\nread its log: \"ccdev logs %s\"",
		d.cc.Endpoint.Listen, d.cc.Service)
	if wrong := (*probe.WrongID)(nil); errors.As(err, &wrong) {
		fix = "give the server the package ID from the environment: CHAINCODE_ID, or CORE_CHAINCODE_ID_NAME"
	}
	if why := (*fault.Fault)(nil); errors.As(err, &why) {
		fix = why.Fix
	}
	return fault.New(fault.Chaincode, fix, "chaincode %s is not ready: %w", d.cc.Name, err)
}

func (d *deployment) lookInstalled(ctx context.Context) (done bool, reason string, err error) {
	d.pkg, d.id, err = packageOf(d.cc, packageType)
	if errors.Is(err, fs.ErrNotExist) {
		return false, "", nil // its certificates: only a plan comes before they are made
	}
	if err != nil {
		return false, "", err
	}
	if d.id != d.cc.PackageID {
		return false, "", fault.New(fault.Usage, `run "ccdev deploy"`,
			"META-INF of %s has changed since its package was made, and the relay is known by that package", d.cc.Name)
	}
	missing, err := d.peersWithout(ctx)
	return len(missing) == 0, d.id, err
}

func (d *deployment) install(ctx context.Context) (note string, err error) {
	err = d.onPeers(ctx, allPeers, func(ctx context.Context, a *lifecycle.Admin) error {
		if has, err := d.installed(ctx, a); err != nil || has {
			return err
		}
		failed := a.Install(ctx, d.pkg)
		if failed == nil || ctx.Err() != nil {
			return failed
		}
		// An up that was killed may have left its own install running in the peer, which then
		// refuses this one.
		if has, err := d.installed(ctx, a); err == nil && has {
			return nil
		}
		return failed
	})
	return d.id, err
}
