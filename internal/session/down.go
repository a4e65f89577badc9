package session

import (
	"context"
	"errors"
	"os"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/ccdev/ccdev/internal/steps"
)

// Down stops and removes the project's services. With data it removes everything of the
// project: ledgers, identities, ports, state. A project that has nothing is no error.
func (s *Session) Down(ctx context.Context, data bool) error {
	release, err := s.lock(ctx, "down")
	if err != nil {
		return err
	}
	defer release()
	_, recorded, err := network.Recorded(s.dir)
	if err != nil && (!data || !errors.Is(err, network.ErrUnreadable)) {
		return err
	}
	if !recorded {
		return s.step(ctx, "remove", s.removeUnrecorded)
	}
	l, err := s.find(ctx)
	if err != nil {
		return err
	}
	if data {
		return s.step(ctx, "remove", func(ctx context.Context) error { return s.erase(ctx, l) })
	}
	return s.step(ctx, "stop", func(ctx context.Context) error { return l.rt.Remove(ctx, false) })
}

// removeUnrecorded removes what a project without a record may have left: its state folder was
// deleted or damaged, but its containers and processes carry its name.
func (s *Session) removeUnrecorded(ctx context.Context) error {
	var all error
	if engine, err := docker.Connect(ctx, s.getenv); err == nil {
		p := project.Project{Dir: s.dir}
		all = engine.Runtime(p.ID(), "", s.dir).Remove(ctx, true)
	}
	if _, err := os.Stat(network.StateDir(s.dir)); err == nil {
		processes, err := s.processes()
		if err == nil {
			err = processes.Remove(ctx, true)
		}
		all = errors.Join(all, err)
	}
	if all != nil {
		return all
	}
	return s.erase(ctx, nil)
}

// Reset gives the network a fresh ledger: the same orgs, identities, ports and channel, with
// nothing in it but its chaincodes.
func (s *Session) Reset(ctx context.Context) error {
	if err := s.resetData(ctx); err != nil {
		return err
	}
	return s.Up(ctx, UpOptions{})
}

func (s *Session) resetData(ctx context.Context) error {
	release, err := s.lock(ctx, "reset")
	if err != nil {
		return err
	}
	defer release()
	l, err := s.find(ctx)
	if err != nil {
		return err
	}
	return s.step(ctx, "drop the ledger", func(ctx context.Context) error { return l.rt.Remove(ctx, true) })
}

// step runs one piece of work, seen as a step.
func (s *Session) step(ctx context.Context, name string, run func(context.Context) error) error {
	return steps.Run(ctx, []steps.Step{{
		Name: name, Run: func(ctx context.Context) (string, error) { return "", run(ctx) },
	}}, s.emit)
}
