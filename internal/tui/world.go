package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
)

// world is what the events have told so far.
type world struct {
	begun   event.Begun
	steps   []step
	up      bool // the network has come up
	failed  *fault.Fault
	changes []change // one for each chaincode that has had one, in the order of the first
	ledger
	status    session.Status
	statusErr error
	partial   int // how many looks in a row found a service missing: once may be a restart
}

// step is one step of the work.
type step struct {
	name        string
	state       stepState
	began       time.Time
	took        time.Duration
	done, total int
	doing       string // while it runs, where it says so
}

type stepState string

const (
	stepRunning   stepState = "running"
	stepDone      stepState = "done"
	stepSkipped   stepState = "already"
	stepFailed    stepState = "failed"
	stepCancelled stepState = "cancelled"
)

// change is the newest change of one chaincode's sources.
type change struct {
	event.Change
	fault *fault.Fault // failed: why
}

// apply takes an event in, made safe to show. Logs are not for the world.
func (w *world) apply(e event.Event, now time.Time) {
	switch e := e.(type) {
	case event.Begun:
		w.begun = e
	case event.Change:
		w.partial = 0
		w.live(e)
		w.change(e)
	case event.Transaction:
		w.transact(e)
	case event.Block:
		w.commit(e, now)
	default:
		w.step(e, now)
	}
}

// step takes in how far the work is.
func (w *world) step(e event.Event, now time.Time) {
	switch e := e.(type) {
	case event.StepStarted:
		w.add(step{name: e.Step, state: stepRunning, began: now})
	case event.StepProgress:
		w.edit(e.Step, func(s *step) { s.done, s.total, s.doing = e.Done, e.Total, e.Text })
	case event.StepDone:
		w.edit(e.Step, func(s *step) { s.state, s.took = stepDone, e.Took })
	case event.StepSkipped:
		w.add(step{name: e.Step, state: stepSkipped})
	case event.StepFailed:
		w.edit(e.Step, func(s *step) { s.state, s.took = stepFailed, e.Took })
	case event.StepCancelled:
		w.edit(e.Step, func(s *step) { s.state = stepCancelled })
	}
}

// ofChaincodes are the steps that each chaincode has, in front of its name.
var ofChaincodes = []string{"build", "start", "install", "approve", "commit", "init", "ready"}

// cameUp is the end of bringing the network up. A chaincode that could not be taken with it is like
// one whose newest change has failed: the next one may be better.
func (w *world) cameUp(without error) {
	w.up, w.partial = true, 0
	for _, s := range w.steps {
		if what, chaincode, _ := strings.Cut(s.name, " "); without != nil && s.state == stepFailed && slices.Contains(ofChaincodes, what) {
			w.change(event.Change{Chaincode: chaincode, Phase: phaseFailed, Error: without.Error(), Err: without})
			return
		}
	}
}

// add puts a step at the end of the list, in place of one of the same name before.
func (w *world) add(s step) {
	w.steps = slices.DeleteFunc(w.steps, func(other step) bool { return other.name == s.name })
	w.steps = append(w.steps, s)
}

func (w *world) edit(name string, do func(*step)) {
	for i := range w.steps {
		if w.steps[i].name == name {
			do(&w.steps[i])
			return
		}
	}
}

func (w *world) change(e event.Change) {
	c := change{Change: e}
	before := slices.ContainsFunc(w.changes, func(other change) bool { return other.Chaincode == e.Chaincode && other.onItsWay() })
	if c.onItsWay() && len(e.Files) == 0 && !before {
		return // nobody has changed anything: it is being looked at once more
	}
	if e.Phase == phaseFailed {
		c.fault = fault.From(e.Err)
		if c.fault == nil {
			c.fault = &fault.Fault{Kind: fault.Build, What: e.Error}
		}
	}
	for i, other := range w.changes {
		if other.Chaincode == e.Chaincode {
			if len(c.Files) == 0 {
				c.Files = other.Files
			}
			w.changes[i] = c
			return
		}
	}
	w.changes = append(w.changes, c)
}

// live takes over which generation serves, until the network is looked at again.
func (w *world) live(e event.Change) {
	for i := range w.status.Chaincodes {
		if cc := &w.status.Chaincodes[i]; e.Phase == phaseLive && cc.Name == e.Chaincode && e.Generation > 0 {
			cc.Generation = e.Generation
		}
	}
}

// The phases of a change that the screen tells apart (event.Change).
const (
	phaseLive   = "live"
	phaseFailed = "failed"
)

func (w *world) looked(st session.Status, err error) {
	if w.up { // before, there is nothing to look at
		w.statusErr = err
	}
	if err == nil {
		w.status = cleaned(st)
		w.partial++
		if st.State != session.StatePartial {
			w.partial = 0
		}
		w.blocks = max(w.blocks, st.Height)
	}
}

// mode is what the screen as a whole is about.
type mode string

const (
	modeBooting    mode = "BOOTING"
	modeDeploying  mode = "DEPLOYING"
	modeLive       mode = "LIVE"
	modeRebuilding mode = "REBUILDING"
	modeFailed     mode = "BUILD FAILED"
	modeCrashed    mode = "CRASHED"
	modeNotUp      mode = "NOT UP"
	modeDown       mode = "STOPPED"
	modePartial    mode = "PARTLY DOWN"
)

// bad modes are those of something that the user has to see to.
func (m mode) bad() bool {
	return slices.Contains([]mode{modeNotUp, modeFailed, modeCrashed, modeDown, modePartial}, m)
}

func (w *world) mode() mode {
	switch {
	case !w.up && w.failed != nil:
		return modeNotUp
	case !w.up && !w.deploying():
		return modeBooting
	case !w.up:
		return modeDeploying
	case !w.running():
		return modeDown
	case w.working():
		return modeDeploying
	}
	return w.serving()
}

// running says whether there is a network to work with.
func (w *world) running() bool { return w.up && w.failed == nil }

// serving is the mode of a network that runs.
func (w *world) serving() mode {
	switch {
	case w.crashed() != nil:
		return modeCrashed
	case w.failure() != nil:
		return modeFailed
	case slices.ContainsFunc(w.changes, change.onItsWay):
		return modeRebuilding
	case w.partial > 1:
		return modePartial
	}
	return modeLive
}

func (c change) onItsWay() bool { return c.Phase != phaseLive && c.Phase != phaseFailed }

// deploying says whether a step of a chaincode has begun that needs the network.
func (w *world) deploying() bool {
	return slices.ContainsFunc(w.steps, func(s step) bool {
		what, _, _ := strings.Cut(s.name, " ")
		return slices.Contains(ofChaincodes[2:], what) // the first two can be done without
	})
}

func (w *world) working() bool {
	return slices.ContainsFunc(w.steps, func(s step) bool { return s.state == stepRunning })
}

// crashed is the chaincode that has nothing to run after a crash; one whose change has failed before
// it ran is none.
func (w *world) crashed() *session.ChaincodeStatus {
	for i, cc := range w.status.Chaincodes {
		failed := slices.ContainsFunc(w.changes, func(c change) bool { return c.Chaincode == cc.Name && c.Phase == phaseFailed })
		if cc.Reason != "" && cc.External == nil && (cc.Crash != nil || !failed) {
			return &w.status.Chaincodes[i]
		}
	}
	return nil
}

// failure is the change that has failed, if the newest of a chaincode has.
func (w *world) failure() *change {
	for i, c := range w.changes {
		if c.Phase == phaseFailed {
			return &w.changes[i]
		}
	}
	return nil
}
