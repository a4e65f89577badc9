package tui

import (
	"errors"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
)

// A network that came up without its chaincode is one whose change has failed, until the next is live.
func TestUpWithoutTheChaincode(t *testing.T) {
	w := world{}
	why := fault.New(fault.Build, "correct it", "it does not compile")
	for _, e := range []event.Event{
		event.StepStarted{Step: "build assets"}, event.StepFailed{Step: "build assets", Error: why.What},
		event.StepStarted{Step: "commit assets"}, event.StepDone{Step: "commit assets"},
	} {
		w.apply(e, time.Time{})
	}
	w.cameUp(why)
	if f := w.failure(); w.mode() != modeFailed || f == nil || f.Chaincode != "assets" || f.fault.Fix != "correct it" {
		t.Errorf("it is %s: %+v", w.mode(), f)
	}
	w.apply(event.Change{Chaincode: "assets", Phase: phaseLive, Generation: 1}, time.Time{})
	if w.mode() != modeLive {
		t.Errorf("it is %s after a change that is live", w.mode())
	}
}

// What was asked before there was anything to look at is not what is wrong with a network that is up.
func TestLookedTooEarly(t *testing.T) {
	w := world{}
	none := errors.New("there is no network")
	w.looked(session.Status{}, none)
	w.cameUp(nil)
	if w.statusErr != nil {
		t.Errorf("it came up, and says: %v", w.statusErr)
	}
	if w.looked(session.Status{}, none); w.statusErr == nil {
		t.Error("an error of a network that is up is not told")
	}
}

// A generation that ends right after it was live leaves the one before serving: the screen says which.
func TestWhichGenerationServes(t *testing.T) {
	d := newDesk(t, 120, 40)
	live(d)
	d.happens(event.Change{Chaincode: "assets", Phase: phaseLive, Generation: 2})
	d.shows("assets seq 1 gen 2")
	d.looks() // the first one again
	d.shows("assets seq 1 gen 1")
}

// A service that is missing once may be on its way to run again.
func TestAServiceThatIsMissing(t *testing.T) {
	d := newDesk(t, 120, 40)
	live(d)
	d.fake.status.State = session.StatePartial
	d.looks()
	d.shows(" LIVE ")
	d.happens(event.Change{Chaincode: "assets", Phase: phaseLive, Generation: 2})
	d.looks()
	d.shows(" LIVE ")
	d.looks()
	d.shows("PARTLY DOWN")
	d.fake.status.State = session.StateUp
	d.looks()
	d.shows(" LIVE ")
}

// Whoever debugs, here or in another terminal, is not to wonder why a save is not taken.
func TestAChaincodeThatIsDebugged(t *testing.T) {
	d := newDesk(t, 120, 40)
	live(d)
	d.fake.status.Chaincodes[0].Debugger = "127.0.0.1:2345"
	d.looks()
	d.shows("being debugged")
	d.shows("at 127.0.0.1:2345; saves go live")
}
