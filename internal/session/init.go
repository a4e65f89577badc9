package session

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/ccdev/ccdev/internal/wait"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// initSteps is the chaincode's init, where it has one. Before it, the peers refuse all other calls.
func (d *deployment) initSteps(needs ...string) []steps.Step {
	if d.cc.Init == nil {
		return nil
	}
	return []steps.Step{{
		Name: d.step("init"), Needs: needs, Apart: true, Look: d.lookInit, Run: d.init,
		Reason: d.cc.Init.Function + " once for version " + d.cc.Version,
	}}
}

// lookInit tells whether the committed version had its init. Every org's peer is asked, as the
// call goes out to any of them.
func (d *deployment) lookInit(ctx context.Context) (done bool, reason string, err error) {
	absent := d.notThere(ctx) != nil
	var missing atomic.Bool
	err = d.onPeers(ctx, allPeers, func(ctx context.Context, a *lifecycle.Admin) error {
		if err := a.AwaitCommitted(ctx, d.definition); err != nil {
			return err
		}
		client, err := gateway.Connect(d.net, a.Org(), network.AdminUser)
		if err != nil {
			return err
		}
		defer client.Close() //nolint:errcheck // nothing is left to send
		err = d.firstCall(ctx, func(ctx context.Context) (string, error) {
			had, txid, err := client.Initialized(ctx, d.net.Channel, d.cc.Name, a.Org().MSPID)
			if err == nil && !had {
				missing.Store(true)
			}
			if absent && !tooEarly(err) {
				err = nil // its peer let the call through, to nobody
			}
			return txid, err
		})
		if errors.Is(err, errSilent) {
			return nil // its peer let the call through
		}
		return err
	})
	if err != nil || missing.Load() {
		return false, "", err
	}
	return true, "version " + d.cc.Version + " had its init", nil
}

func (d *deployment) init(ctx context.Context) (note string, err error) {
	if err := d.notThere(ctx); err != nil {
		return "", err
	}
	result, already, err := giveInit(ctx, d.net, d.cc)
	if err != nil {
		return "", notInitialized(d.cc, unserved(ctx, d.net, d.cc.Name, result.TxID, err))
	}
	if already {
		return "had it before", nil
	}
	return fmt.Sprintf("%s for version %s", d.cc.Init.Function, d.cc.Version), nil
}

// giveInit submits a chaincode's init as soon as there are endorsers for it. Where it had it before,
// already says so.
func giveInit(ctx context.Context, n network.Network, cc network.Chaincode) (result gateway.Result, already bool, err error) {
	client, err := gateway.Connect(n, n.Orgs[0], network.AdminUser)
	if err != nil {
		return gateway.Result{}, false, err
	}
	defer client.Close() //nolint:errcheck // nothing is left to send
	call := gateway.Call{Channel: n.Channel, Chaincode: cc.Name, Function: cc.Init.Function}
	for _, arg := range cc.Init.Args {
		call.Args = append(call.Args, []byte(arg))
	}
	err = wait.For(ctx, readyLimit, func(ctx context.Context) error {
		result, already, err = client.Init(ctx, call)
		if tooEarly(err) {
			return err
		}
		return wait.Stop(err)
	})
	return result, already, err
}

// tooEarly tells whether a call has failed because its gateway knows too few endorsers yet.
func tooEarly(err error) bool {
	code := status.Code(err)
	return code == codes.FailedPrecondition || code == codes.Unavailable
}

// notThere is the fault of an external chaincode that its init cannot be given to.
func (d *deployment) notThere(ctx context.Context) error {
	if !d.cc.External() {
		return nil
	}
	st, err := d.externalStatus(ctx, d.cc)
	if err != nil || st.Connected {
		return err
	}
	return fault.New(fault.Chaincode, startIt(d.cc)+",\n"+thenInit, "%s is committed, and waits for its init: %s", d.cc.Name, absentText(d.cc, st))
}

func notInitialized(cc network.Chaincode, err error) error {
	f := fault.From(err)
	if f.Kind != fault.Transaction && f.Kind != fault.Chaincode {
		return err
	}
	return fault.New(f.Kind, `correct the function, or init in ccdev.yaml, then run "ccdev up": it goes on with the init`,
		"%s is committed, and waits for its init: %w", cc.Name, err)
}
