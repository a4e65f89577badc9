package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/steps"
)

// UpOptions say how to bring the network up.
type UpOptions struct {
	Overrides project.Overrides
	Retain    bool // keep what a failed first up has made
}

// Up brings the network up and deploys its chaincodes, or resumes at whatever is missing of it.
// A first one that fails, or is interrupted, removes what it made; where only the chaincode
// fails, the network is kept.
func (s *Session) Up(ctx context.Context, o UpOptions) error {
	p, err := project.Load(s.dir, o.Overrides)
	if err != nil {
		return err
	}
	if err := checkSources(p); err != nil {
		return err
	}
	release, err := s.lock(ctx, "up")
	if err != nil {
		return err
	}
	defer release()
	u, first, err := s.prepare(ctx, p)
	if err != nil {
		if first {
			err = errors.Join(err, s.undo(ctx, nil))
		}
		return err
	}
	err = steps.Run(ctx, u.steps(), s.emit)
	var failure *steps.Failure
	kept := o.Retain || (errors.As(err, &failure) && failure.Apart)
	if err != nil && first && !kept {
		return errors.Join(err, s.undo(ctx, u.live))
	}
	return err
}

// Plan tells what Up would do, and changes nothing.
func (s *Session) Plan(ctx context.Context, o UpOptions) ([]steps.Planned, error) {
	p, err := project.Load(s.dir, o.Overrides)
	if err != nil {
		return nil, err
	}
	if err := checkSources(p); err != nil {
		return nil, err
	}
	_, recorded, err := network.Recorded(s.dir)
	if err != nil {
		return nil, err
	}
	if !recorded {
		return s.planNew(ctx, p)
	}
	u, _, err := s.prepare(ctx, p)
	if err != nil {
		return nil, err
	}
	return steps.Plan(ctx, u.steps())
}

// planNew lists the steps of a network that is not there: all of them act.
func (s *Session) planNew(ctx context.Context, p project.Project) ([]steps.Planned, error) {
	name, why, err := s.choose(ctx, p)
	if err != nil {
		return nil, err
	}
	// The usual ports stand for the ones that up would choose: a plan claims none.
	n, err := network.New(p, name, func(_ string, wanted, usual int) (int, error) { return max(wanted, usual), nil })
	if err != nil {
		return nil, err
	}
	s.emit(event.Begun{Project: n.Name, Fabric: n.Fabric, Runtime: n.Runtime, Why: why})
	u := &bringUp{Session: s, live: &live{net: n}, project: p}
	plan := make([]steps.Planned, 0)
	for _, step := range u.steps() {
		plan = append(plan, steps.Planned{Step: step.Name, Act: true, Reason: step.Reason})
	}
	return plan, nil
}

// checkSources finds out before anything is made whether there is something to build.
func checkSources(p project.Project) error {
	for _, cc := range p.Chaincodes {
		if err := build.Check(cc.Lang, cc.Path); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the network definite: the recorded one, or a new one, which it records. first
// tells that it is new.
func (s *Session) prepare(ctx context.Context, p project.Project) (u *bringUp, first bool, err error) {
	n, recorded, err := network.Recorded(s.dir)
	if err != nil {
		return nil, false, err
	}
	why := ""
	if recorded {
		n, err = s.adapt(ctx, n, p)
	} else {
		n, why, err = s.create(ctx, p)
	}
	if err != nil {
		return nil, !recorded, err
	}
	s.emit(event.Begun{Project: n.Name, Fabric: n.Fabric, Runtime: n.Runtime, Why: why})
	l, err := s.attach(ctx, n)
	if err != nil {
		return nil, !recorded, err
	}
	return &bringUp{Session: s, live: l, project: p, programs: n.Programs}, !recorded, nil
}

// create makes a new network and records it, so that every later command finds it.
func (s *Session) create(ctx context.Context, p project.Project) (n network.Network, why string, err error) {
	name, why, err := s.choose(ctx, p)
	if err != nil {
		return n, why, err
	}
	err = s.port(ctx, func(port network.Port) error {
		n, err = network.New(p, name, port)
		return err
	})
	if err != nil {
		return n, why, err
	}
	return n, why, n.Save()
}

// adapt gives the recorded network the chaincodes and users that the project has now.
func (s *Session) adapt(ctx context.Context, n network.Network, p project.Project) (network.Network, error) {
	if difference := n.Differs(p); difference != "" {
		return n, fault.New(fault.Usage,
			`make a new network: "ccdev down -v" (the ledger goes), then "ccdev up"; or take back the change`,
			"the network in %s cannot be changed so: %s", s.dir, difference)
	}
	adapted := n.WithUsers(p)
	err := s.port(ctx, func(port network.Port) error {
		var err error
		adapted, err = adapted.WithChaincodes(p, port)
		return err
	})
	if err != nil {
		return n, err
	}
	return adapted, adapted.Save()
}

// undoLimit bounds the cleaning up after a failure or Ctrl-C.
const undoLimit = time.Minute

// undo removes what a failed first up has made, after ctx has ended too.
func (s *Session) undo(ctx context.Context, l *live) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if l != nil {
		s.emit(event.Notice{Text: "removing what was made so far"})
	}
	if err := s.erase(ctx, l); err != nil {
		return fmt.Errorf("and what was made could not be removed: %w", err)
	}
	return nil
}

// erase removes everything of the project, its state folder last: it says where to look.
func (s *Session) erase(ctx context.Context, l *live) error {
	if l != nil && l.rt != nil {
		if err := l.rt.Remove(ctx, true); err != nil {
			return err
		}
	}
	return errors.Join(s.releasePorts(ctx), removeState(s.dir))
}

// bringUp is the state that the steps of one up share.
type bringUp struct {
	*Session
	*live
	project project.Project

	programs network.Programs // as recorded, until the step "fabric" has set them
}
