package event_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/event"
)

func TestEveryEventIsToldByItsName(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	for _, e := range []event.Event{
		event.Begun{}, event.StepStarted{}, event.StepProgress{}, event.StepDone{}, event.StepSkipped{}, event.StepFailed{},
		event.StepCancelled{}, event.Change{}, event.Transaction{}, event.Block{}, event.Notice{}, event.Log{},
		event.ScenarioStep{}, event.ScenarioOutput{}, event.ScenarioCheck{},
	} {
		if seen[e.Name()] || !form.MatchString(e.Name()) {
			t.Errorf("%T is named %q", e, e.Name())
		}
		seen[e.Name()] = true
		text, err := json.Marshal(e)
		if err != nil || strings.Contains(string(text), `"event":`) { // the key that the JSON printer adds
			t.Errorf("%T becomes %s (%v)", e, text, err)
		}
	}
}
