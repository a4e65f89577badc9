package steps_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/google/go-cmp/cmp"
)

// recorder keeps the events of a run as "started a", in the order of their coming.
type recorder struct {
	mu     sync.Mutex
	events []string
}

func (r *recorder) sink(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case event.StepStarted:
		r.events = append(r.events, "started "+e.Step)
	case event.StepDone:
		r.events = append(r.events, "done "+e.Step+": "+e.Note)
	case event.StepSkipped:
		r.events = append(r.events, "skipped "+e.Step+": "+e.Reason)
	case event.StepFailed:
		r.events = append(r.events, "failed "+e.Step+": "+e.Error)
	case event.StepCancelled:
		r.events = append(r.events, "cancelled "+e.Step)
	default:
		r.events = append(r.events, e.Name())
	}
}

func (r *recorder) has(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(r.events, w) {
			t.Errorf("no event %q among %q", w, r.events)
		}
	}
}

func (r *recorder) hasNot(t *testing.T, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if slices.Contains(r.events, u) {
			t.Errorf("there is an event %q among %q", u, r.events)
		}
	}
}

// runs is a step that acts, and gives a note.
func runs(name string, needs ...string) steps.Step {
	return steps.Step{Name: name, Needs: needs, Run: func(context.Context) (string, error) { return "note", nil }}
}

// fails is a step that fails with err.
func fails(name string, err error, needs ...string) steps.Step {
	return steps.Step{Name: name, Needs: needs, Run: func(context.Context) (string, error) { return "", err }}
}

func apart(s steps.Step) steps.Step {
	s.Apart = true
	return s
}

// waits is a step that runs until it is cancelled.
func waits(name string, needs ...string) steps.Step {
	return steps.Step{Name: name, Needs: needs, Run: func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}}
}

func TestStepsRunBehindWhatTheyNeed(t *testing.T) {
	r := &recorder{}
	list := []steps.Step{
		runs("a"), runs("b"), runs("c", "a"), runs("d", "b", "c"), runs("e", "d", "a"),
	}
	if err := steps.Run(t.Context(), list, r.sink); err != nil {
		t.Fatal(err)
	}
	at := func(e string) int { return slices.Index(r.events, e) }
	for _, s := range list {
		if at("done "+s.Name+": note") < 0 {
			t.Errorf("%s is not done: %q", s.Name, r.events)
		}
		for _, need := range s.Needs {
			if at("started "+s.Name) < at("done "+need+": note") {
				t.Errorf("%s started before %s was done: %q", s.Name, need, r.events)
			}
		}
	}
}

func TestStepsThatNeedNothingOfEachOtherRunAtOnce(t *testing.T) {
	// Each waits for the other: one after the other they would never end.
	a, b := make(chan struct{}), make(chan struct{})
	meet := func(mine, other chan struct{}) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			close(mine)
			<-other
			return "", nil
		}
	}
	err := steps.Run(t.Context(), []steps.Step{{Name: "a", Run: meet(a, b)}, {Name: "b", Run: meet(b, a)}}, event.Discard)
	if err != nil {
		t.Fatal(err)
	}
}

func TestLook(t *testing.T) {
	look := func(done bool, err error) func(context.Context) (bool, string, error) {
		return func(context.Context) (bool, string, error) { return done, "there", err }
	}
	for name, tc := range map[string]struct {
		step steps.Step
		err  error
		want []string
	}{
		"nothing to do":               {step: steps.Step{Look: look(true, nil)}, want: []string{"skipped s: there", "started after", "done after: note"}},
		"something to do":             {step: steps.Step{Look: look(false, nil)}, want: []string{"started s", "done s: acted", "started after", "done after: note"}},
		"nothing to do, but always":   {step: steps.Step{Look: look(true, nil), Always: true}, want: []string{"started s", "done s: acted", "started after", "done after: note"}},
		"without":                     {step: steps.Step{}, want: []string{"started s", "done s: acted", "started after", "done after: note"}},
		"cannot look":                 {step: steps.Step{Look: look(false, errBroken)}, err: errBroken, want: []string{"started s", "failed s: broken"}},
		"cannot look, and says done":  {step: steps.Step{Look: look(true, errBroken)}, err: errBroken, want: []string{"started s", "failed s: broken"}},
		"cannot look, and stands off": {step: steps.Step{Look: look(false, errBroken), Apart: true}, err: errBroken, want: []string{"started s", "failed s: broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			s := tc.step
			s.Name, s.Run = "s", func(context.Context) (string, error) { return "acted", nil }
			if err := steps.Run(t.Context(), []steps.Step{s, runs("after", "s")}, r.sink); !errors.Is(err, tc.err) {
				t.Errorf("the error is %v, want %v", err, tc.err)
			}
			if diff := cmp.Diff(tc.want, r.events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAListThatCouldWaitForItselfIsRefused(t *testing.T) {
	for name, list := range map[string][]steps.Step{
		"a need that is no step":   {runs("a"), runs("b", "c")},
		"a need behind it":         {runs("b", "a"), runs("a")},
		"a circle":                 {runs("a", "b"), runs("b", "a")},
		"a step that needs itself": {runs("a", "a")},
		"two of one name":          {runs("a"), runs("a")},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			if err := steps.Run(t.Context(), list, r.sink); err == nil {
				t.Error("the list was run")
			}
			if len(r.events) > 0 {
				t.Errorf("something was done: %q", r.events)
			}
		})
	}
}

func TestEventsAreBalanced(t *testing.T) {
	// A graph of everything at once, many times, under the race detector.
	for round := range 50 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			r := &recorder{}
			_ = steps.Run(t.Context(), []steps.Step{ // which of the failures it is may differ
				runs("a"), apart(fails("b", errBroken)), runs("c", "a"), runs("d", "b"), waits("e", "a"),
				fails("f", errBroken, "c"), runs("g", "f"), waits("h"),
			}, r.sink)
			open := map[string]bool{}
			for _, e := range r.events {
				var kind, step string
				if _, err := fmt.Sscanf(e, "%s %1s", &kind, &step); err != nil {
					t.Fatal(err)
				}
				if kind == "started" {
					if open[step] {
						t.Errorf("%s started twice: %q", step, r.events)
					}
					open[step] = true
					continue
				}
				if !open[step] {
					t.Errorf("%s ended without a start: %q", step, r.events)
				}
				delete(open, step)
			}
			if len(open) > 0 {
				t.Errorf("%v never ended: %q", open, r.events)
			}
		})
	}
}

func TestAStepTakesTheTimeOfItsLookAndRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took time.Duration
		s := steps.Step{
			Name: "s",
			Look: func(context.Context) (bool, string, error) { time.Sleep(time.Second); return false, "", nil },
			Run:  func(context.Context) (string, error) { time.Sleep(2 * time.Second); return "", nil },
		}
		err := steps.Run(t.Context(), []steps.Step{s}, func(e event.Event) {
			if e, ok := e.(event.StepDone); ok {
				took = e.Took
			}
		})
		if err != nil || took != 3*time.Second {
			t.Errorf("it took %s (%v)", took, err)
		}
	})
}
