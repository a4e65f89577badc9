package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ccdev/ccdev/internal/doctor"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fabric/genesis"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fabric/nodeconfig"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/compose-spec/compose-go/v2/types"
)

// The steps of every up. Those of a chaincode have its name as well.
const (
	stepFabric     = "fabric"
	stepIdentities = "identities"
	stepNodes      = "nodes"
	stepOrderer    = "orderer joins"
	stepPeers      = "peers join"
	stepOrders     = "ordering"
	stepExtra      = "extra services"
)

func (u *bringUp) steps() []steps.Step {
	list := []steps.Step{
		{Name: stepFabric, Reason: u.fabricReason(), Look: u.lookFabric, Run: u.fabric, Always: true},
		{
			Name: stepIdentities, Look: u.lookIdentities, Run: u.identities, Always: true,
			Reason: "keys, certificates, genesis block and node configuration",
		},
		{
			Name: stepNodes, Needs: []string{stepFabric, stepIdentities}, Look: u.lookNodes, Run: u.nodes, Always: true,
			Reason: fmt.Sprintf("an orderer and %d peer(s)", len(u.net.Peers())),
		},
		{
			Name: stepOrderer, Needs: []string{stepNodes}, Look: u.lookOrderer, Run: u.joinOrderer, Always: true,
			Reason: "channel " + u.net.Channel,
		},
		{
			Name: stepOrders, Needs: []string{stepOrderer}, Look: u.lookOrders, Run: u.awaitOrders,
			Reason: "transactions of " + u.net.Channel,
		},
		{
			Name: stepPeers, Needs: []string{stepOrderer}, Look: u.lookPeers, Run: u.joinPeers,
			Reason: "channel " + u.net.Channel,
		},
	}
	for _, cc := range u.net.Chaincodes {
		list = append(list, (&deployment{bringUp: u, cc: cc, next: u.next(cc)}).steps()...)
	}
	return append(u.withDatabases(list), u.extraStep()...)
}

func (u *bringUp) fabricReason() string {
	if u.net.Runtime == network.RuntimeDocker {
		return "images of Fabric " + u.net.Fabric
	}
	return "programs of Fabric " + u.net.Fabric
}

// fabric provides what the nodes run.
func (u *bringUp) fabric(ctx context.Context) (note string, err error) {
	if u.engine == nil {
		return u.fabricPrograms(ctx)
	}
	want := wantImages(u.project, u.net.Fabric)
	want.CouchDB = u.net.HasCouchDB()
	images, err := u.ensureImages(ctx, u.engine, want)
	if err != nil {
		return "", err
	}
	if images.Made {
		u.emit(event.Notice{Text: images.How})
	}
	chaincodes, err := u.chaincodeImages(ctx)
	if err != nil {
		return "", err
	}
	return "images of Fabric " + u.net.Fabric, u.run(network.Programs{
		Peer: images.Peer, Orderer: images.Orderer, Chaincode: images.Chaincode, Agent: network.ContainerAgent, Images: chaincodes,
		CouchDB: images.CouchDB,
	})
}

func (u *bringUp) fabricPrograms(ctx context.Context) (string, error) {
	agent, err := binaries.AgentPath(goruntime.GOOS, goruntime.GOARCH)
	if err != nil {
		return "", err
	}
	builder, err := binaries.InstallAgent(u.cacheDir, agent)
	if err != nil {
		return "", err
	}
	if err := link(builder, u.net.BuilderDir()); err != nil {
		return "", err
	}
	programs, err := binaries.Compile(ctx, binaries.Target{Version: u.net.Fabric, CacheDir: u.cacheDir}, u.progress(stepFabric))
	if err != nil {
		return "", err
	}
	return "programs of Fabric " + u.net.Fabric, u.run(network.Programs{
		Peer: programs.Peer, Orderer: programs.Orderer, Agent: filepath.Join(filepath.Dir(builder), "ccdev"),
	})
}

// run notes what runs the services, for the steps that come after, and for later commands.
func (u *bringUp) run(programs network.Programs) error {
	u.programs = programs
	n := u.net // a copy: other steps read the network meanwhile
	n.Programs = programs
	return n.Save()
}

// link makes path a link to target, replacing the link that was there.
func link(target, path string) error {
	if has, err := os.Readlink(path); err == nil && has == target {
		return nil
	}
	err := os.Remove(path)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = os.Symlink(target, path)
	}
	if err != nil {
		return fmt.Errorf("put the peer's external builder in place: %w", err)
	}
	return nil
}

// identities writes all the files the nodes start with.
func (u *bringUp) identities(context.Context) (note string, err error) {
	made, err := msp.Ensure(u.net)
	if err != nil {
		return "", err
	}
	if _, err := genesis.Ensure(u.net); err != nil {
		return "", err
	}
	if _, err := nodeconfig.Ensure(u.net); err != nil {
		return "", err
	}
	for _, cc := range u.net.Chaincodes {
		if err := ensureToken(u.net, cc); err != nil {
			return "", err
		}
	}
	if !made {
		return "all there", nil
	}
	var orgs []string
	for _, o := range u.net.Orgs {
		orgs = append(orgs, o.Name)
	}
	return strings.Join(orgs, ", ") + " and the orderer's", nil
}

// checkAddress finds out, before anything is made, whether peers can start on this machine.
func (l *live) checkAddress(ctx context.Context, addresses func() ([]net.Addr, error)) error {
	if l.net.Runtime != network.RuntimeProcess {
		return nil
	}
	services, err := l.rt.Services(ctx)
	if err != nil {
		return err
	}
	run := runningOf(services)
	for _, p := range l.net.Peers() {
		if !slices.Contains(run, p.Name) {
			_, err := doctor.PeerAddress(addresses)
			return err
		}
	}
	return nil
}

// nodes starts the orderer and the peers, and what peers dial at once: the relays, and without a
// relay the chaincodes that have run before.
func (u *bringUp) nodes(ctx context.Context) (note string, err error) {
	names := u.net.NodeNames()
	generations, err := ranBefore(u.net)
	if err != nil {
		return "", err
	}
	names = append(names, u.imagesBefore(ctx, generations)...)
	for _, cc := range u.net.Chaincodes {
		if _, ran := generations[cc.Name]; ran && !cc.External() || cc.Relay {
			names = append(names, cc.Service)
		}
	}
	model, _, err := u.model(ctx, generations)
	if err != nil {
		return "", err
	}
	if err := u.stopLeftOver(ctx, model); err != nil {
		return "", err
	}
	return strings.Join(u.net.NodeNames(), ", "), u.startServices(ctx, model, names...)
}

// stopLeftOver stops services that the network no longer has: of a chaincode that was renamed,
// or that the override file had.
func (u *bringUp) stopLeftOver(ctx context.Context, model *types.Project) error {
	services, err := u.rt.Services(ctx)
	if err != nil {
		return err
	}
	var left []string
	for _, s := range services {
		if _, wanted := model.Services[s.Name]; !wanted && !u.isGeneration(s.Name) {
			left = append(left, s.Name)
		}
	}
	if len(left) == 0 {
		return nil
	}
	u.emit(event.Notice{Text: "stopping what the network no longer has: " + strings.Join(left, ", ")})
	return u.rt.Stop(ctx, left...)
}

// joinOrderer has the orderer take up the channel, and waits until it answers.
func (u *bringUp) joinOrderer(ctx context.Context) (note string, err error) {
	already := false
	err = u.watching(ctx, u.net.Orderer.Name, fault.Boot, func(ctx context.Context) error {
		already, err = lifecycle.JoinOrderer(ctx, u.net)
		return err
	})
	if already {
		return u.net.Channel + " as before", err
	}
	return u.net.Channel, err
}

// awaitOrders waits until the orderer takes transactions.
func (u *bringUp) awaitOrders(ctx context.Context) (note string, err error) {
	return "transactions of " + u.net.Channel, u.watching(ctx, u.net.Orderer.Name, fault.Boot, func(ctx context.Context) error {
		return lifecycle.AwaitOrders(ctx, u.net)
	})
}

// lookPeers waits until all peers answer.
func (u *bringUp) lookPeers(ctx context.Context) (done bool, reason string, err error) {
	var missing atomic.Bool
	err = u.onPeers(ctx, allPeers, func(ctx context.Context, a *lifecycle.Admin) error {
		joined, err := a.Joined(ctx)
		if !joined {
			missing.Store(true)
		}
		return err
	})
	if err != nil || missing.Load() {
		return false, "", err
	}
	return true, "all peers have " + u.net.Channel, nil
}

// joinPeers has the peers join, the first one before the others: peers that dial each other's
// anchor at the same moment may close each other's stream, and then wait for five seconds.
func (u *bringUp) joinPeers(ctx context.Context) (note string, err error) {
	join := func(ctx context.Context, a *lifecycle.Admin) error {
		if joined, err := a.Joined(ctx); err != nil || joined {
			return err
		}
		return a.Join(ctx)
	}
	first := u.net.Orgs[0].Peers[0].Name
	chosen := func(isFirst bool) func(network.Org) []network.Peer {
		return func(o network.Org) []network.Peer {
			return slices.DeleteFunc(slices.Clone(o.Peers), func(p network.Peer) bool { return (p.Name == first) != isFirst })
		}
	}
	if err := u.onPeers(ctx, chosen(true), join); err != nil {
		return "", err
	}
	return u.net.Channel, u.onPeers(ctx, chosen(false), join)
}
