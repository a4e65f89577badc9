package topology

import (
	"maps"
	"strconv"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/host"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/compose-spec/compose-go/v2/types"
)

// Generation is one build of a chaincode.
type Generation struct {
	Number    int    // from 1
	Program   string // file on this machine; empty while it is not built
	PackageID string // the CCID it registers under
	Image     string // ID, in place of the program, of a chaincode that is an image; empty while it is not built
}

// containerProgram is where a container has the chaincode's program.
const containerProgram = "/chaincode"

// AddChaincode adds the service of a chaincode, which the peers dial at its endpoint: the relay,
// which starts the generations itself, or else the generation.
func AddChaincode(model *types.Project, n network.Network, cc network.Chaincode, g Generation) error {
	if cc.External() && !cc.Relay {
		reachHost(model, n, peerNames(n)...)
		return nil
	}
	if cc.Relay && g.Image != "" {
		addImage(model, n, cc, g)
	}
	if cc.Relay {
		return addRelay(model, n, cc, g.PackageID)
	}
	return addGeneration(model, n, cc, g)
}

func addGeneration(model *types.Project, n network.Network, cc network.Chaincode, g Generation) error {
	run := program{image: n.Programs.Chaincode, command: []string{containerProgram}}
	if n.Runtime == network.RuntimeProcess {
		run = program{command: []string{g.Program}}
	}
	bundled := cc.Lang == project.LangNode
	switch cc.Lang {
	case project.LangNode:
		run = bundleProgram(n, cc, g)
	case project.LangDockerfile:
		run = program{image: g.Image}
	}
	secure := tlsIn(n, cc)
	service := newService(cc.Service, run, chaincodeEnv(n, cc, g))
	if cc.Lang == project.LangDockerfile {
		service.PullPolicy = types.PullPolicyNever
	}
	service.Labels[GenerationLabel] = strconv.Itoa(g.Number)
	if bundled {
		service.Entrypoint, service.Command = service.Command[:1], service.Command[1:]
		addVolume(model, n, &service, ChaincodeDir(n, cc))
	}
	// A chaincode keeps nothing of its own, and a Go program that is a container's first process
	// does not hear SIGTERM.
	service.StopSignal = "SIGKILL"
	service.StopGracePeriod = grace(0)
	if n.Runtime == network.RuntimeDocker && g.Program != "" && cc.Lang != project.LangDockerfile { // none is built while the nodes start
		addFile(model, &service, "chaincode", g.Program, containerProgram, 0o755)
	}
	addTLS(model, &service, cc, secure, cctls.ChaincodeFiles())
	port, err := publish(cc.Endpoint)
	if err != nil {
		return err
	}
	service.Ports = []types.ServicePortConfig{port}
	model.Services[cc.Service] = service
	startBeforePeers(model, n, cc.Service)
	return nil
}

// bundleProgram is what runs a bundle: ccdev, which unpacks it. While there is no bundle it waits,
// so that one can be built in its place.
func bundleProgram(n network.Network, cc network.Chaincode, g Generation) program {
	run := program{command: []string{n.Programs.Agent, "agent", "run", "--dir", ChaincodeDir(n, cc)}}
	file := g.Program
	if n.Runtime == network.RuntimeDocker {
		run.image = agentImage(n, cc)
		if file != "" {
			file = containerProgram
		}
	}
	if file != "" {
		run.command = append(run.command, "--bundle", file)
	}
	return run
}

// chaincodeEnv is the environment of a generation that is a service.
func chaincodeEnv(n network.Network, cc network.Chaincode, g Generation) map[string]string {
	env := host.Variables(g.PackageID, relay.Server, cc.Endpoint.Listen)
	maps.Copy(env, tlsIn(n, cc).Variables(true))
	maps.Copy(env, mspEnv(n))
	maps.Copy(env, cc.Env)
	return env
}

// startBeforePeers has the peers start after a chaincode, where both are to be started. A peer
// dials its committed chaincodes as soon as it runs (core/chaincode/lifecycle/custodian.go), and
// one that does not listen then is tried again only after a second.
func startBeforePeers(model *types.Project, n network.Network, chaincode string) {
	for _, p := range n.Peers() {
		peer := model.Services[p.Name]
		if peer.DependsOn == nil {
			peer.DependsOn = types.DependsOnConfig{}
		}
		peer.DependsOn[chaincode] = types.ServiceDependency{Condition: types.ServiceConditionStarted}
		model.Services[p.Name] = peer
	}
}

// mspEnv tells a chaincode its org. One process serves the peers of all orgs, so that GetMSPID can
// only name one: the first.
func mspEnv(n network.Network) map[string]string {
	return map[string]string{"CORE_PEER_LOCALMSPID": n.Orgs[0].MSPID}
}
