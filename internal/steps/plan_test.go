package steps_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ccdev/ccdev/internal/steps"
	"github.com/google/go-cmp/cmp"
)

func TestPlan(t *testing.T) {
	looks := func(name string, done bool, needs ...string) steps.Step {
		return steps.Step{
			Name: name, Needs: needs, Reason: "wanted",
			Look: func(context.Context) (bool, string, error) {
				return done, map[bool]string{true: "there", false: "missing"}[done], nil
			},
			Run: func(context.Context) (string, error) { panic("a plan acted") },
		}
	}
	always := looks("always", true)
	always.Always = true
	blind := looks("blind", false)
	blind.Look = nil
	behind := looks("behind", true, "acts")
	behind.Look = func(context.Context) (bool, string, error) { panic("it looked behind a step that would act") }

	got, err := steps.Plan(t.Context(), []steps.Step{
		looks("there", true), looks("after there", true, "there"), always, looks("acts", false), behind, looks("far behind", true, "there", "behind"), blind,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []steps.Planned{
		{Step: "there", Reason: "there"},
		{Step: "after there", Reason: "there"},
		{Step: "always", Reason: "there"},
		{Step: "acts", Act: true, Reason: "missing"},
		{Step: "behind", Act: true, Reason: "wanted"},
		{Step: "far behind", Act: true, Reason: "wanted"},
		{Step: "blind", Act: true, Reason: "wanted"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestPlanGivesTheErrorOfALook(t *testing.T) {
	s := steps.Step{Name: "s", Look: func(context.Context) (bool, string, error) { return false, "", errBroken }}
	if _, err := steps.Plan(t.Context(), []steps.Step{s}); !errors.Is(err, errBroken) {
		t.Errorf("the error is %v", err)
	}
}
