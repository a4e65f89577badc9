package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/ports"
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
	if err := checkSources(&p); err != nil {
		return err
	}
	release, err := s.lock(ctx, "up")
	if err != nil {
		return err
	}
	defer release()
	return s.upLocked(ctx, p, o.Retain)
}

func (s *Session) upLocked(ctx context.Context, p project.Project, retain bool) error {
	if err := network.PrepareStateDir(s.dir); err != nil {
		return err
	}
	u, first, err := s.prepare(ctx, p)
	if err != nil {
		if first {
			err = errors.Join(err, s.undo(ctx, nil))
		}
		return err
	}
	err = steps.Run(ctx, u.steps(), s.emit)
	if err == nil || !first || retain {
		return err
	}
	if failure := (*steps.Failure)(nil); errors.As(err, &failure) && failure.Apart {
		s.emit(event.Notice{Text: "the network is up, and is kept"})
		return err
	}
	return errors.Join(err, s.undo(ctx, u.live))
}

// Plan tells what Up would do, and changes nothing.
func (s *Session) Plan(ctx context.Context, o UpOptions) ([]steps.Planned, error) {
	p, err := project.Load(s.dir, o.Overrides)
	if err != nil {
		return nil, err
	}
	if err := checkSources(&p); err != nil {
		return nil, err
	}
	n, recorded, told, err := s.definite(ctx, p, s.peekPorts)
	if err != nil {
		return nil, err
	}
	s.begin(n, told)
	if recorded {
		l, err := s.attach(ctx, n)
		if err != nil {
			return nil, err
		}
		return steps.Plan(ctx, (&bringUp{Session: s, live: l, project: p, programs: n.Programs}).steps())
	}
	plan := make([]steps.Planned, 0)
	for _, step := range (&bringUp{Session: s, live: &live{net: n}, project: p}).steps() {
		plan = append(plan, steps.Planned{Step: step.Name, Act: true, Reason: step.Reason})
	}
	return plan, nil
}

// checkSources finds out before anything is made whether there is something to build, and in which
// languages.
func checkSources(p *project.Project) error {
	for i, cc := range p.Chaincodes {
		lang, err := build.Language(cc.Lang, cc.Path, cc.Build.Dockerfile)
		if err != nil {
			return err
		}
		p.Chaincodes[i].Lang = lang
	}
	return nil
}

// prepare makes the network definite and records it, so that every later command finds it. first
// tells that it is new.
func (s *Session) prepare(ctx context.Context, p project.Project) (u *bringUp, first bool, err error) {
	s.deployed = intentOf(p) // first: what changes meanwhile is a change
	n, recorded, told, err := s.definite(ctx, p, s.claimPorts)
	if err != nil {
		return nil, !recorded, err
	}
	s.begin(n, told)
	if err := secure(n, p); err != nil {
		return nil, !recorded, err
	}
	l, err := s.attach(ctx, n)
	if err == nil {
		err = l.checkAddress(ctx, net.InterfaceAddrs)
	}
	if err != nil {
		return nil, !recorded, err
	}
	return &bringUp{Session: s, live: l, project: p, programs: n.Programs, first: !recorded}, !recorded, n.Save()
}

// news is what the user is to know of a network that was made definite.
type news struct {
	why   string   // what chose the runtime of a new one
	moved []string // which ports of a recorded one are others now, and why
}

// begin tells which network the work is on, and what there is to know of it.
func (s *Session) begin(n network.Network, told news) {
	s.emit(event.Begun{Project: n.Name, Fabric: n.Fabric, Runtime: n.Runtime, Why: told.why})
	for _, text := range told.moved {
		s.emit(event.Notice{Text: text})
	}
}

// definite gives the recorded network with the chaincodes and users that the project has now, or
// the new one that the project asks for.
func (s *Session) definite(ctx context.Context, p project.Project, book portsFunc) (
	n network.Network, recorded bool, told news, err error,
) {
	n, recorded, err = network.Recorded(s.dir)
	if err != nil {
		return n, true, told, err // whatever it is, it is there
	}
	if recorded {
		n, told.moved, err = s.asItIsNow(ctx, n, p, book)
	} else {
		n, told.why, err = s.asWanted(ctx, p, book)
	}
	if err == nil {
		err = checkTLS(n, p)
	}
	if err == nil {
		err = define(n)
	}
	return n, recorded, told, err
}

// asWanted gives a new network.
func (s *Session) asWanted(ctx context.Context, p project.Project, book portsFunc) (n network.Network, why string, err error) {
	name, why, err := s.choose(ctx, p)
	if err != nil {
		return n, "", err
	}
	err = book(ctx, func(claims *ports.Claims) error {
		n, err = network.New(p, name, claims.Port)
		return err
	})
	return n, why, err
}

// asItIsNow gives a recorded network what the project has now, and other ports for those it lost.
func (s *Session) asItIsNow(ctx context.Context, n network.Network, p project.Project, book portsFunc) (
	now network.Network, moved []string, err error,
) {
	if difference := n.Differs(p); difference != "" {
		return n, nil, fault.New(fault.Usage,
			`make a new network: "ccdev down -v" (the ledger goes), then "ccdev up"; or take back the change`,
			"the network in %s cannot be changed so: %s", s.dir, difference)
	}
	lost, err := s.lostPorts(ctx, n, p)
	if err != nil {
		return n, nil, err
	}
	err = book(ctx, func(claims *ports.Claims) error {
		for _, u := range lost {
			claims.Yield(u.Name)
		}
		if n, err = n.WithUsers(p).WithNodesMoved(lost, claims.Port); err == nil {
			n, err = n.WithChaincodes(p, claims.Port)
		}
		return err
	})
	return n, movedPorts(lost, n), err
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
	if err := os.RemoveAll(network.StateDir(s.dir)); err != nil {
		return fault.New(fault.Other, "delete "+network.StateDir(s.dir)+" by hand", "cannot remove the network's state: %w", err)
	}
	return s.releasePorts(ctx)
}

// bringUp is the state that the steps of one up share.
type bringUp struct {
	*Session
	*live
	project project.Project
	first   bool // the network is new, and goes when this up fails

	programs network.Programs // as recorded, until the step "fabric" has set them
	forced   []string         // chaincodes that get a new sequence whatever they have
}
