package session

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/ccdev/ccdev/internal/wait"
)

// able is what a chaincode was found to be able to do.
type able struct {
	listens, dials bool
	learn          string // how it would learn to listen, for whom that is the way out
}

const (
	goLearns   = "start it with shim.ChaincodeServer, or with contractapi 1.2 or newer"
	nodeLearns = `start it with "fabric-chaincode-node server" (fabric-shim 2.3 or newer) or shim.server(...)`
)

// modeOf decides who dials whom: what the project says, or what the chaincode can.
func (d *deployment) modeOf(can able) (relay.Mode, error) {
	mode := relay.Mode(d.cc.Mode)
	if mode == "" || mode == project.ModeAuto {
		mode = relay.Client
		if can.listens {
			mode = relay.Server
		}
	}
	switch {
	case mode == relay.Server && !can.listens:
		return mode, fault.New(fault.Usage, can.learn+"; or set its mode to client",
			"the chaincode in %s can only dial a peer: it cannot listen for one", d.cc.Path)
	case mode == relay.Client && !d.cc.Relay:
		return mode, fault.New(fault.Usage, can.learn+"; or let it have its relay",
			"the chaincode in %s can only dial a peer, and without a relay no peer lets it", d.cc.Path)
	case mode == relay.Client && !can.dials:
		return mode, fault.New(fault.Usage, "set its mode to server", "the chaincode in %s listens for a peer: it cannot dial one", d.cc.Path)
	}
	return mode, nil
}

// dialRelay makes a client of a chaincode's relay.
func dialRelay(n network.Network, cc network.Chaincode) (*control.Client, error) {
	token, err := os.ReadFile(n.TokenFile(cc))
	if err != nil {
		return nil, fault.New(fault.Other, `run "ccdev up", which makes what is missing`, "cannot read the token of the relay: %w", err)
	}
	return control.Dial(cc.Control.Host, strings.TrimSpace(string(token))), nil
}

// ensureToken makes the token that a relay's control API asks for, once.
func ensureToken(n network.Network, cc network.Chaincode) error {
	file := n.TokenFile(cc)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make the token of the relay: %w", err)
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never fails (crypto/rand)
	return atomicfile.Write(file, []byte(hex.EncodeToString(random)+"\n"), 0o600)
}

// deliver hands the generation to the relay, which moves the transactions to it once it has
// registered. A relay that has this generation already keeps it.
func (d *deployment) deliver(ctx context.Context) (note string, err error) {
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return "", err
	}
	defer client.Close()
	err = d.watching(ctx, d.cc.Service, fault.Chaincode, func(ctx context.Context) error {
		return d.handOver(ctx, client, d.generation, d.mode)
	})
	if err != nil {
		return "", withoutRelay(err)
	}
	return fmt.Sprintf("generation %d", d.generation.Number), nil
}

// handOver gives a generation to the relay, unless that has it live, and returns when it is. What is
// live only the relay knows: it may have gone back to a generation before the newest that was ready.
func (d *deployment) handOver(ctx context.Context, client *control.Client, g topology.Generation, mode relay.Mode) error {
	live, err := d.serving(ctx, client)
	if err != nil {
		return err
	}
	switch {
	case live == g.Number:
	case d.cc.Lang == project.LangDockerfile:
		err = d.runImage(ctx, client, g)
	default:
		_, err = client.Deliver(ctx, g.Number, g.Program, mode)
		err = d.refused(err)
	}
	if err != nil {
		return err
	}
	return keepGeneration(d.net.ChaincodeDir(d.cc), g)
}

// serving gives the generation that the relay has live, once the relay answers.
func (d *deployment) serving(ctx context.Context, client *control.Client) (int, error) {
	live, err := awaitRelay(ctx, client)
	if err != nil {
		err = fault.New(fault.Boot, fmt.Sprintf("read its log: \"ccdev logs %s\"", d.cc.Service),
			"the relay of %s does not answer: %w", d.cc.Name, err)
	}
	return live, err
}

// withoutRelay takes out of a refusal's log what the relay says, which is in the refusal.
func withoutRelay(err error) error {
	f := fault.From(err)
	if refused := (*control.Refused)(nil); !errors.As(err, &refused) {
		return err
	}
	return f.WithLog(slices.DeleteFunc(f.Log, func(line string) bool { return strings.HasPrefix(line, control.LogPrefix) }))
}

// stillLive is a fault when the generation has ended since it became live, so that an older one serves.
func (d *deployment) stillLive(ctx context.Context) error {
	if !d.cc.Relay {
		return nil
	}
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return err
	}
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil || st.Live == 0 || st.Live >= d.generation.Number {
		return err
	}
	f := fault.New(fault.Chaincode, mendSource, "generation %d of chaincode %s ended right after it was live; generation %d serves again",
		d.generation.Number, d.cc.Name, st.Live)
	if exit := lastExit(st, d.generation.Number); exit != nil {
		f = f.WithLog(exit.Log)
	}
	return f
}

// awaitRelay waits until the relay answers, and gives the number of its live generation.
func awaitRelay(ctx context.Context, client *control.Client) (live int, err error) {
	err = wait.For(ctx, readyLimit, func(ctx context.Context) error {
		status, err := client.Status(ctx)
		if err == nil || !errors.Is(err, control.ErrNotUp) {
			live = status.Live
			return wait.Stop(err)
		}
		return err
	})
	return live, err
}

// mendSource is the fix for a chaincode that ends by itself.
const mendSource = `correct the source, then run "ccdev reload"`

// refused makes a fault of a generation that the relay did not take.
func (d *deployment) refused(err error) error {
	var refused *control.Refused
	if !errors.As(err, &refused) {
		return err
	}
	fix := refused.Fix
	if fix == "" {
		fix = mendSource
	}
	f := fault.New(fault.Chaincode, fix, "chaincode %s is not ready: %w", d.cc.Name, err)
	switch {
	case refused.Exit == nil:
	case len(refused.Exit.Log) == 0: // the relay's log tells of those before it
		f = f.WithLog([]string{"(it wrote nothing)"})
	default:
		f = f.WithLog(refused.Exit.Log)
	}
	return f
}
