package session

import (
	"context"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/steps"
)

// Reload builds a chaincode (every one for an empty name) and runs the new generation in place
// of the old. The chaincode's package, and so its definition, stays: no lifecycle step is needed.
// A build that fails leaves the old generation running.
func (s *Session) Reload(ctx context.Context, name string) error {
	p, err := project.Load(s.dir, project.Overrides{})
	if err != nil {
		return err
	}
	release, err := s.lock(ctx, "reload")
	if err != nil {
		return err
	}
	defer release()
	l, err := s.find(ctx)
	if err != nil {
		return err
	}
	if err := reloadable(l.net, name); err != nil {
		return err
	}
	s.emit(event.Begun{Project: l.net.Name, Fabric: l.net.Fabric, Runtime: l.net.Runtime})
	u := &bringUp{Session: s, live: l, project: p, programs: l.net.Programs}
	return steps.Run(ctx, u.reload(ctx, name), s.emit)
}

// reload are the steps for a chaincode; for all that ccdev builds for an empty name.
func (u *bringUp) reload(ctx context.Context, name string) (list []steps.Step) {
	for _, cc := range u.net.Chaincodes {
		if name != "" && name != cc.Name || cc.External() {
			continue
		}
		d := &deployment{bringUp: u, cc: cc, replace: true}
		if deployed, err := d.deployed(ctx); err != nil || !deployed {
			return u.steps() // an up that failed on the way here: it is resumed
		}
		list = append(list, d.reload()...)
	}
	return list
}

// deployed tells whether the chaincode is committed, without waiting for a peer to come up.
func (d *deployment) deployed(ctx context.Context) (deployed bool, err error) {
	if running, _, err := d.lookNodes(ctx); err != nil || !running {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	err = d.asFirstAdmin(func(a *lifecycle.Admin) error {
		d.definition, deployed, err = a.Committed(ctx, d.cc.Name)
		return err
	})
	return deployed, err
}

// reload is the part of a deployment that new code needs.
func (d *deployment) reload() []steps.Step {
	build, start := d.buildStep(), d.startStep()
	build.Needs = nil
	start.Needs = []string{d.step("build")}
	list := append([]steps.Step{build, start}, d.initSteps(start.Name)...)
	return append(list, steps.Step{
		Name: d.step("ready"), Needs: []string{list[len(list)-1].Name}, Reason: "a first answer", Run: d.ready,
	})
}
