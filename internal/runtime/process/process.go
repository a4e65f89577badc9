//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/types"
	"golang.org/x/sync/errgroup"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// Runtime runs the services of the project whose state folder it was given.
type Runtime struct {
	run, logs, data string // folders
}

var _ runtime.Runtime = (*Runtime)(nil)

// New makes the runtime of the project with this state folder. It creates nothing: Start does.
func New(stateDir string) (*Runtime, error) {
	if stateDir == "" {
		return nil, errors.New("process runtime: no state folder")
	}
	dir, err := filepath.Abs(stateDir)
	if err != nil {
		return nil, fmt.Errorf("process runtime: %w", err)
	}
	return &Runtime{
		run:  filepath.Join(dir, "run"),
		logs: filepath.Join(dir, "logs"),
		data: filepath.Join(dir, "data"),
	}, nil
}

// Start implements runtime.Runtime. Everything that can be known to fail is looked at before
// anything running is touched, except for ports: those may be held by what is about to be replaced.
func (r *Runtime) Start(ctx context.Context, model *types.Project, services ...string) error {
	plans, err := r.plan(model, services)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("starting services: %w", err)
	}
	due, former, err := r.due(plans)
	if err != nil {
		return err
	}
	if err := each(former, func(rec record) error { return r.end(ctx, rec) }); err != nil {
		return err
	}
	for _, dir := range []string{r.run, r.logs, r.data} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("starting services: %w", err)
		}
	}
	return r.launchAll(ctx, due)
}

// launchAll starts the programs one right after the other, and then waits until each runs.
func (r *Runtime) launchAll(ctx context.Context, due []plan) error {
	var launched []record
	for _, p := range due {
		rec, err := r.launch(ctx, p)
		if err != nil {
			return err
		}
		launched = append(launched, rec)
	}
	for _, rec := range launched {
		if err := r.awaitProgram(ctx, rec); err != nil {
			return err
		}
	}
	return nil
}

// due are the plans that are not fulfilled, and the records of those that stand in their way.
func (r *Runtime) due(plans []plan) (due []plan, former []record, err error) {
	for _, p := range plans {
		rec, found, err := r.load(p.service)
		if err != nil {
			return nil, nil, err
		}
		if found && rec.Hash == p.hash && r.look(rec).State == runtime.Running {
			continue
		}
		due = append(due, p)
		if found {
			former = append(former, rec)
		}
	}
	return due, former, nil
}

// Services implements runtime.Runtime.
func (r *Runtime) Services(context.Context) ([]runtime.Service, error) {
	records, err := r.records()
	if err != nil {
		return nil, err
	}
	var services []runtime.Service
	for _, rec := range records {
		services = append(services, r.look(rec))
	}
	return services, nil
}

// Stop implements runtime.Runtime. The logs stay.
func (r *Runtime) Stop(ctx context.Context, services ...string) error {
	records, err := r.chosen(services)
	if err != nil {
		return err
	}
	return each(records, func(rec record) error {
		if err := r.end(ctx, rec); err != nil {
			return err
		}
		return r.forget(rec.Service)
	})
}

// each does something to all services at once: an end may take its grace period. One that fails
// does not keep the others from ending.
func each(records []record, do func(record) error) error {
	var g errgroup.Group
	for _, rec := range records {
		g.Go(func() error { return do(rec) })
	}
	return g.Wait()
}

// chosen are the records of the named services that there are; of all when none is named.
func (r *Runtime) chosen(services []string) ([]record, error) {
	if len(services) == 0 {
		return r.records()
	}
	var records []record
	for _, name := range services {
		if !validName(name) {
			continue // there cannot be one
		}
		rec, found, err := r.load(name)
		if err != nil {
			return nil, err
		}
		if found {
			records = append(records, rec)
		}
	}
	return records, nil
}

// Remove implements runtime.Runtime.
func (r *Runtime) Remove(ctx context.Context, data bool) error {
	if err := r.Stop(ctx); err != nil {
		return err
	}
	dirs := []string{r.run, r.logs}
	if data {
		dirs = append(dirs, r.data)
	}
	for _, dir := range dirs {
		if err := os.RemoveAll(dir); err != nil {
			return fault.New(fault.Other, "remove "+dir+" by hand", "cannot remove %s: %w", dir, err)
		}
	}
	return nil
}
