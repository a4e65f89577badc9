package session

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/wait"
)

// ready runs a first call through every org's peer, which thereby connects to the chaincode.
func (d *deployment) ready(ctx context.Context) (note string, err error) {
	var silent atomic.Bool
	err = d.watching(ctx, d.cc.Service, fault.Chaincode, func(ctx context.Context) error {
		return d.onPeers(ctx, firstPeer, func(ctx context.Context, a *lifecycle.Admin) error {
			if err := a.AwaitCommitted(ctx, d.definition); err != nil {
				return err
			}
			if err := a.AwaitEndorsers(ctx, d.cc.Name); err != nil {
				return err
			}
			err := d.answers(ctx, a)
			if errors.Is(err, errSilent) {
				silent.Store(true)
				return nil
			}
			return err
		})
	})
	if gone := d.stillLive(ctx); err == nil || fault.Is(gone, fault.Chaincode) {
		err = gone // it says more
	}
	switch {
	case err != nil:
		return "", err
	case silent.Load():
		return "registered, and leaves a call it does not know without an answer", nil
	}
	return "answers", nil
}

// answers makes a first call through an org's peer.
func (d *deployment) answers(ctx context.Context, a *lifecycle.Admin) error {
	client, err := gateway.Connect(d.net, a.Org(), network.AdminUser)
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // nothing is left to send
	err = d.firstCall(ctx, func(ctx context.Context) (string, error) {
		return client.Ready(ctx, d.net.Channel, d.cc.Name, a.Org().MSPID)
	})
	if err == nil || ctx.Err() != nil || fault.Is(err, fault.Chaincode) || errors.Is(err, errSilent) {
		return err
	}
	return fault.New(fault.Chaincode, fmt.Sprintf("read the log of the peer: \"ccdev logs %s\"", a.Peer().Name),
		"%s cannot run chaincode %s: %w", a.Peer().Name, d.cc.Name, err)
}

// firstPatience is how long a first call may take that a relay can end.
const firstPatience = 5 * time.Second

// errSilent is a first call that has come to the chaincode, which has left it without an answer. A
// chaincode may do what it likes with a call that it does not know: it has registered, and is ready.
var errSilent = errors.New("the chaincode does not answer a first call")

// firstCall tries a call that the chaincode need not know until it has come there. That it crashes
// the chaincode is a fault, and no further try is to make it crash again.
func (d *deployment) firstCall(ctx context.Context, call func(context.Context) (txid string, err error)) error {
	patience := firstPatience
	if !d.cc.Relay {
		patience = readyLimit // one that nobody can end keeps its peer from committing blocks
	}
	return wait.For(ctx, readyLimit, func(ctx context.Context) error {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		txid, err := call(limited)
		switch {
		case err == nil:
			return nil
		case d.cc.Relay:
			return d.asRelaySays(ctx, txid, err)
		case fault.Is(err, fault.Timeout):
			return wait.Stop(errSilent)
		}
		return err
	})
}

// asRelaySays is what the relay makes of a first call's error.
func (d *deployment) asRelaySays(ctx context.Context, txid string, failed error) error {
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return wait.Stop(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	if fault.Is(failed, fault.Timeout) {
		if had, err := client.GiveUp(ctx, txid); err == nil && had {
			return wait.Stop(errSilent)
		}
		return failed
	}
	if cause, err := client.Unserved(ctx, txid); err != nil || cause != relay.UnservedCrash {
		return failed //nolint:nilerr // it is tried again
	}
	return wait.Stop(d.crashed(ctx, client, failed))
}

// crashed is the fault of a chaincode that has crashed at its first call.
func (d *deployment) crashed(ctx context.Context, client *control.Client, failed error) error {
	st, err := client.Status(ctx)
	if err == nil {
		if exit := lastExit(st, d.generation.Number); exit != nil && exit.How != "" {
			return fault.New(fault.Chaincode, mendSource, "generation %d of chaincode %s crashed at its first call: %s",
				d.generation.Number, d.cc.Name, exit.How).WithLog(exit.Log)
		}
	}
	return fault.New(fault.Chaincode, mendSource, "chaincode %s crashed at its first call: %w", d.cc.Name, failed)
}

// lastExit is how the last process of a generation ended that did so by itself; nil if none did, or
// if nobody knows how.
func lastExit(st relay.Status, generation int) (last *relay.Exit) {
	for _, g := range st.Generations {
		if g.Number == generation && g.Exit != nil {
			last = g.Exit
		}
	}
	return last
}
