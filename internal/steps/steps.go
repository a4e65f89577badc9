// Package steps runs named, idempotent steps as a graph: each looks first, and acts only where something is missing.
package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/event"
)

// Step is one piece of the work.
type Step struct {
	Name   string
	Reason string   // why the work needs it, for the reader of a plan
	Needs  []string // steps that must be done before

	// Look tells, without changing anything, whether there is nothing to do, and why in words. Where
	// there is something to do, its words stand in for Reason, if it has any. A step without it
	// always acts.
	Look func(ctx context.Context) (done bool, reason string, err error)

	// Always marks a step that runs whatever Look says, as it is cheap and compares more closely
	// itself: its Look is for plans.
	Always bool

	// Run does the work, and says in a few words what came of it.
	Run func(ctx context.Context) (note string, err error)

	// Apart marks a step whose failure ends what needs it, and nothing else: a chaincode that
	// does not compile is no reason to take the network away.
	Apart bool
}

// errNeeds ends a step whose need failed. It is never the error that Run returns.
var errNeeds = errors.New("a step it needs failed")

// Failure is the step that failed.
type Failure struct {
	Step  string
	Apart bool // it stands apart: all that does not need it was done
	Err   error
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the step's own error.
func (f *Failure) Unwrap() error { return f.Err }

// Run runs the steps, each as soon as what it needs is done; a step stands behind what it needs
// in the list. After a failure the steps that run
// are cancelled, and no other one starts, except where the failed one stands apart. It returns
// when all have ended, with the first *Failure (one that ends the rest comes before one that
// stands apart), or the cause of ctx's end.
func Run(ctx context.Context, list []Step, sink event.Sink) error {
	if err := check(list); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &running{sink: sink, cancel: cancel, done: map[string]chan struct{}{}, failed: map[string]bool{}}
	for _, s := range list {
		r.done[s.Name] = make(chan struct{})
	}
	var all sync.WaitGroup
	for _, s := range list {
		all.Go(func() {
			defer close(r.done[s.Name])
			r.end(ctx, s, r.run(ctx, s))
		})
	}
	all.Wait()
	// After ctx's end it is not true that all was done that a step apart leaves to be done.
	if r.first != nil && (!r.first.Apart || ctx.Err() == nil) {
		return r.first
	}
	return context.Cause(ctx)
}

// check refuses a list that could wait for itself: a step whose need is no step before it, and
// two steps of one name.
func check(list []Step) error {
	before := map[string]bool{}
	for _, s := range list {
		for _, need := range s.Needs {
			if !before[need] {
				return fmt.Errorf("step %q needs %q, which is not a step before it", s.Name, need)
			}
		}
		if before[s.Name] {
			return fmt.Errorf("there are two steps %q", s.Name)
		}
		before[s.Name] = true
	}
	return nil
}

// running is the state of one Run.
type running struct {
	sink   event.Sink
	cancel context.CancelCauseFunc
	done   map[string]chan struct{}

	mu     sync.Mutex
	failed map[string]bool // also of the steps that never ran
	first  *Failure
}

func (r *running) run(ctx context.Context, s Step) error {
	for _, need := range s.Needs {
		<-r.done[need] // always closed: a cancelled step ends too
		r.mu.Lock()
		failed := r.failed[need]
		r.mu.Unlock()
		if failed {
			return errNeeds
		}
	}
	if err := ctx.Err(); err != nil {
		return errNeeds
	}
	start, reason := time.Now(), s.Reason
	if s.Look != nil && !s.Always {
		done, why, err := s.Look(ctx)
		if err == nil && done {
			r.sink(event.StepSkipped{Step: s.Name, Reason: why})
			return nil
		}
		if err != nil {
			r.sink(event.StepStarted{Step: s.Name, Reason: s.Reason})
			return r.ended(ctx, s, start, err)
		}
		reason = cmp.Or(why, reason)
	}
	r.sink(event.StepStarted{Step: s.Name, Reason: reason})
	note, err := s.Run(ctx)
	if err != nil {
		return r.ended(ctx, s, start, err)
	}
	r.sink(event.StepDone{Step: s.Name, Note: note, Took: time.Since(start)})
	return nil
}

// ended tells how a step ended without success, and gives the error back.
func (r *running) ended(ctx context.Context, s Step, start time.Time, err error) error {
	if ctx.Err() != nil {
		r.sink(event.StepCancelled{Step: s.Name})
	} else {
		r.sink(event.StepFailed{Step: s.Name, Error: err.Error(), Took: time.Since(start)})
	}
	return err
}

// end notes how a step ended, before those that wait for it are let on.
func (r *running) end(ctx context.Context, s Step, err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[s.Name] = true
	if errors.Is(err, errNeeds) {
		return
	}
	if ctx.Err() != nil {
		return // an effect of the cancellation: its cause is what there is to tell
	}
	if r.first == nil || !s.Apart {
		r.first = &Failure{Step: s.Name, Apart: s.Apart, Err: err}
	}
	if !s.Apart {
		r.cancel(err)
	}
}

// Planned is what Plan found out about a step.
type Planned struct {
	Step   string `json:"step"`
	Act    bool   `json:"act"`
	Reason string `json:"reason"`
}

// Plan looks, in the order of the list, and changes nothing. Behind a step that is found to act
// it cannot look: what needs that step would act as well. A step that cannot look itself always
// acts, and hides nothing.
func Plan(ctx context.Context, list []Step) ([]Planned, error) {
	missing := map[string]bool{}
	var plan []Planned
	for _, s := range list {
		p := Planned{Step: s.Name, Act: true, Reason: s.Reason}
		hidden := slices.ContainsFunc(s.Needs, func(need string) bool { return missing[need] })
		if s.Look != nil && !hidden {
			done, reason, err := s.Look(ctx)
			if err != nil {
				return plan, err
			}
			p.Act, p.Reason = !done, cmp.Or(reason, s.Reason)
		}
		missing[s.Name] = hidden || s.Look != nil && p.Act
		plan = append(plan, p)
	}
	return plan, nil
}
