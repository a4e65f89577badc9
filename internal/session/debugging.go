package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/gofrs/flock"
)

// The lock of a chaincode is held for as long as it is being debugged. Whoever holds it need not be
// well: it ends with the process.
const (
	debugPace  = 100 * time.Millisecond // of trying to have it
	debugClaim = 2 * time.Second        // for those to let go who only look
)

func debugLock(n network.Network, cc network.Chaincode) *flock.Flock {
	return flock.New(filepath.Join(n.ChaincodeDir(cc), "debug.lock"))
}

// claimDebugging makes this the one command that debugs the chaincode, until release.
func (d *deployment) claimDebugging(ctx context.Context) (release func(), err error) {
	f := debugLock(d.net, d.cc)
	if err := os.MkdirAll(filepath.Dir(f.Path()), 0o700); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, debugClaim)
	defer cancel()
	_, err = f.TryLockContext(limited, debugPace)
	switch {
	case err == nil:
		return func() { _ = f.Close() }, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return nil, fault.New(fault.Usage, "attach to it; or end the other \"ccdev debug\" first",
			"chaincode %s is being debugged already, at %s", d.cc.Name, d.cc.Debug.Host)
	default:
		return nil, fmt.Errorf("lock the debugging of %s: %w", d.cc.Name, err)
	}
}

// isDebugged tells whether somebody debugs the chaincode.
func isDebugged(n network.Network, cc network.Chaincode) (bool, error) {
	f := debugLock(n, cc)
	if _, err := os.Stat(f.Path()); errors.Is(err, fs.ErrNotExist) {
		return false, nil // nobody has ever
	}
	defer f.Close() //nolint:errcheck // nothing was written
	free, err := f.TryRLock()
	return !free && err == nil, err
}

// awaitUndebugged waits until nobody debugs the chaincode. held is told when there is something to
// wait for.
func awaitUndebugged(ctx context.Context, n network.Network, cc network.Chaincode, held func()) error {
	if is, err := isDebugged(n, cc); !is || err != nil {
		return err
	}
	held()
	f := debugLock(n, cc)
	defer f.Close() //nolint:errcheck // nothing was written
	_, err := f.TryRLockContext(ctx, debugPace)
	return err
}

// errDebugged is that a build came too late: what it was to replace is being debugged.
var errDebugged = errors.New("the chaincode is being debugged")

// undebugged is errDebugged when somebody else debugs the chaincode: a save must not take it from
// the debugger.
func (d *development) undebugged() error {
	if d.debug {
		return nil
	}
	is, err := isDebugged(d.net, d.cc)
	if is {
		return errDebugged
	}
	return err
}

// hold waits until nobody else debugs the chaincode, and says so once.
func (d *development) hold(ctx context.Context) error {
	if d.debug {
		return nil
	}
	err := awaitUndebugged(ctx, d.net, d.cc, func() {
		d.mu.Lock()
		told := d.held
		d.held = true
		d.mu.Unlock()
		if !told {
			d.sayHeld(d.cc)
		}
	})
	if err == nil {
		d.mu.Lock()
		d.held = false
		d.mu.Unlock()
	}
	return err
}

func (s *Session) sayHeld(cc network.Chaincode) {
	s.emit(event.Notice{Text: cc.Name + ` is being debugged: what you save goes live when that ends (or at "ccdev reload")`})
}

// underDebugger tells whether what is live is being debugged.
func (d *deployment) underDebugger(ctx context.Context) bool {
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return false
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	st, err := client.Status(ctx)
	return err == nil && st.Debugged()
}

// untilReplaced waits until somebody else has made a generation live that is not being debugged, or has
// taken the network down.
func (d *deployment) untilReplaced(ctx context.Context) error {
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return err
	}
	defer client.Close()
	looks := time.NewTicker(tellPace)
	defer looks.Stop()
	for {
		st, err := client.Status(ctx)
		switch {
		case err != nil && d.takenDown(ctx): // otherwise a relay that is not up is about to come back
			return errTakenDown
		case err == nil && st.Live > d.generation.Number && !st.Debugged():
			return errReplaced
		}
		select {
		case <-looks.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// takenDown tells whether the chaincode's service is gone for good, and not about to be another one: by
// when nobody changes the network.
func (d *deployment) takenDown(ctx context.Context) bool {
	gone := func() bool {
		_, found, err := d.service(ctx, d.cc.Service)
		return err == nil && !found
	}
	if !gone() {
		return false
	}
	release, err := d.lock(ctx, "debug")
	if err != nil {
		return false
	}
	defer release()
	return gone()
}
