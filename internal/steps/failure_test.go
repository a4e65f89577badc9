package steps_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/google/go-cmp/cmp"
)

var errBroken = errors.New("broken")

func TestAFailureCancelsTheRest(t *testing.T) {
	r := &recorder{}
	started := make(chan struct{})
	long := waits("long")
	run := long.Run
	long.Run = func(ctx context.Context) (string, error) { close(started); return run(ctx) }
	bad := fails("bad", errBroken)
	bad.Run = func(context.Context) (string, error) { <-started; return "", errBroken }

	err := steps.Run(t.Context(), []steps.Step{
		long, bad, runs("behind bad", "bad"), runs("behind long", "long"), runs("behind both", "behind bad", "behind long"),
	}, r.sink)
	var failure *steps.Failure
	if !errors.As(err, &failure) || failure.Step != "bad" || failure.Apart || !errors.Is(err, errBroken) {
		t.Fatalf("the error is %#v, want the failure of bad", err)
	}
	r.has(t, "failed bad: broken", "cancelled long")
	r.hasNot(t, "started behind bad", "started behind long", "started behind both", "failed long: context canceled")
}

func TestAFailureApartStopsOnlyWhatNeedsIt(t *testing.T) {
	r := &recorder{}
	failed := make(chan struct{})
	late := runs("late")
	late.Run = func(ctx context.Context) (string, error) { <-failed; return "note", ctx.Err() }
	sink := func(e event.Event) {
		r.sink(e)
		if e, ok := e.(event.StepFailed); ok && e.Step == "build" {
			close(failed)
		}
	}
	err := steps.Run(t.Context(), []steps.Step{
		apart(fails("build", errBroken)), apart(runs("start", "build")), late, runs("commit", "late"), runs("ready", "commit", "start"),
	}, sink)
	var failure *steps.Failure
	if !errors.As(err, &failure) || failure.Step != "build" || !failure.Apart || !errors.Is(err, errBroken) {
		t.Fatalf("the error is %#v, want the failure of build, which stands apart", err)
	}
	r.has(t, "done late: note", "done commit: note")
	r.hasNot(t, "started start", "started ready")
}

func TestTheFailureThatCounts(t *testing.T) {
	other := errors.New("other")
	for name, tc := range map[string]struct {
		list []steps.Step // in turn
		want string
	}{
		"one that ends the rest, before one apart": {want: "whole", list: []steps.Step{
			apart(fails("apart", errBroken)), fails("whole", other),
		}},
		"the first of two apart": {want: "first", list: []steps.Step{
			apart(fails("first", errBroken)), apart(fails("second", other)),
		}},
		"the first of two that end the rest": {want: "first", list: []steps.Step{
			fails("first", errBroken), fails("second", other),
		}},
		"none apart counts after one that ends the rest": {want: "whole", list: []steps.Step{
			fails("whole", other), apart(fails("apart", errBroken)),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var failure *steps.Failure
				if err := steps.Run(t.Context(), inTurn(tc.list), event.Discard); !errors.As(err, &failure) || failure.Step != tc.want {
					t.Errorf("the error is %#v, want the failure of %s", err, tc.want)
				}
			})
		})
	}
}

// inTurn makes the steps end a virtual second after each other, though none needs another.
func inTurn(list []steps.Step) []steps.Step {
	for i := range list {
		run := list[i].Run
		list[i].Run = func(ctx context.Context) (string, error) {
			time.Sleep(time.Duration(i) * time.Second)
			return run(ctx)
		}
	}
	return list
}

func TestTheCauseOfTheEndIsGiven(t *testing.T) {
	interrupted := errors.New("Ctrl-C")
	for name, tc := range map[string]struct {
		list   []steps.Step
		events []string
	}{
		"of a step that runs": {list: []steps.Step{waits("a"), runs("b", "a")}, events: []string{"started a", "cancelled a"}},
		"after a failure apart, which would say that all else was done": {
			list:   []steps.Step{apart(fails("x", errBroken)), waits("a")},
			events: []string{"started a", "cancelled a", "failed x: broken", "started x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &recorder{}
				ctx, cancel := context.WithCancelCause(t.Context())
				go func() {
					synctest.Wait() // until the steps do nothing but wait
					cancel(interrupted)
				}()
				err := steps.Run(ctx, tc.list, r.sink)
				if !errors.Is(err, interrupted) {
					t.Errorf("the error is %v, want the cause", err)
				}
				slices.Sort(r.events)
				slices.Sort(tc.events)
				if diff := cmp.Diff(tc.events, r.events); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestNothingStartsWhenItIsOverAlready(t *testing.T) {
	interrupted := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted)
	r := &recorder{}
	if err := steps.Run(ctx, []steps.Step{runs("a"), runs("b", "a")}, r.sink); !errors.Is(err, interrupted) {
		t.Errorf("the error is %v, want the cause", err)
	}
	if len(r.events) > 0 {
		t.Errorf("events: %q", r.events)
	}
}
