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

// modeOf decides who dials whom: what the project says, or what the program can.
func (d *deployment) modeOf(serves bool) (relay.Mode, error) {
	mode := relay.Mode(d.cc.Mode)
	if mode == "" || mode == project.ModeAuto {
		mode = relay.Client
		if serves {
			mode = relay.Server
		}
	}
	switch {
	case mode == relay.Server && !serves:
		return mode, fault.New(fault.Usage, "start it with shim.ChaincodeServer, or with contractapi 1.2 or newer; or set its mode to client",
			"the chaincode in %s can only dial a peer (shim.Start): it cannot listen for one", d.cc.Path)
	case mode == relay.Client && !d.cc.Relay:
		return mode, fault.New(fault.Usage, "start it with shim.ChaincodeServer, or with contractapi 1.2 or newer; or let it have its relay",
			"the chaincode in %s can only dial a peer (shim.Start), and without a relay no peer lets it", d.cc.Path)
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
		live, err := awaitRelay(ctx, client)
		if err != nil {
			return fault.New(fault.Boot, fmt.Sprintf("read its log: \"ccdev logs %s\"", d.cc.Service),
				"the relay of %s does not answer: %w", d.cc.Name, err)
		}
		if live == d.generation.Number {
			return nil
		}
		return d.handOver(ctx, client, d.generation, d.mode)
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("generation %d", d.generation.Number), keepGeneration(d.net.ChaincodeDir(d.cc), d.generation)
}

// handOver gives a generation to the relay, and returns when it is live.
func (d *deployment) handOver(ctx context.Context, client *control.Client, g topology.Generation, mode relay.Mode) error {
	if d.cc.Lang == project.LangDockerfile {
		return d.runImage(ctx, client, g)
	}
	_, err := client.Deliver(ctx, g.Number, g.Program, mode)
	return d.refused(err)
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

// refused makes a fault of a generation that the relay did not take.
func (d *deployment) refused(err error) error {
	var refused *control.Refused
	if !errors.As(err, &refused) {
		return err
	}
	fix := refused.Fix
	if fix == "" {
		fix = `correct the source, then run "ccdev reload"`
	}
	f := fault.New(fault.Chaincode, fix, "chaincode %s is not ready: %w", d.cc.Name, err)
	if refused.Exit != nil {
		f = f.WithLog(refused.Exit.Log)
	}
	return f
}
