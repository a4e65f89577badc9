package session

import (
	"context"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/watch"
	"golang.org/x/sync/errgroup"
)

// awaitDefinition watches what the chaincodes' definitions are made of, until the project asks for
// others than were deployed; nil at the end of ctx. What cannot be deployed is told, and waited
// out.
func (s *Session) awaitDefinition(ctx context.Context, p project.Project) (defined *project.Project, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all, ctx := errgroup.WithContext(ctx)
	batches := make(chan watch.Batch)
	give := func(b watch.Batch) {
		select {
		case batches <- b:
		case <-ctx.Done():
		}
	}
	for dir, names := range intentFiles(p) {
		all.Go(func() error {
			return watch.Watch(ctx, watch.Options{
				Dir: dir, Ignore: allBut(names),
				// What was saved between the deployment and now is in no batch.
				Ready: func() { all.Go(func() error { give(watch.Batch{At: time.Now()}); return nil }) },
			}, give)
		})
	}
	all.Go(func() error {
		defer cancel()
		defined = s.firstDefinition(ctx, batches)
		return nil
	})
	err = all.Wait()
	return defined, err
}

// allBut are patterns that ignore everything in a folder except these names.
func allBut(names []string) []string {
	patterns := []string{"/*"}
	for _, name := range names {
		patterns = append(patterns, "!/"+name)
	}
	return patterns
}

// firstDefinition gives the project as soon as it asks for definitions that can be deployed.
func (s *Session) firstDefinition(ctx context.Context, batches <-chan watch.Batch) *project.Project {
	said := "" // of what is wrong, to say it once
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-batches:
			e := event.Change{Phase: "changed", Files: append(b.Changed, b.Removed...), Since: time.Since(b.At)}
			p, changed, err := s.redefined(ctx)
			e.Chaincode = strings.Join(changed, ", ")
			switch {
			case err != nil && err.Error() != said:
				said = err.Error()
				s.emit(e)
				s.emit(failure(e, err))
			case err == nil && len(changed) > 0:
				s.emit(e)
				return &p
			}
		}
	}
}

// redefined is the project as it is now, with the chaincodes for which it asks for something else
// than was deployed, if that can be deployed.
func (s *Session) redefined(ctx context.Context) (p project.Project, changed []string, err error) {
	p, err = project.Load(s.dir, project.Overrides{})
	if err != nil {
		return p, s.deployed.changed(nil), err
	}
	err = checkSources(&p)
	changed = s.deployed.changed(intentOf(p))
	if len(changed) == 0 {
		return p, nil, nil
	}
	if err != nil {
		return p, changed, err
	}
	_, err = s.withChaincodes(ctx, p, s.peekPorts)
	return p, changed, err
}

// redeploy takes the project's definitions to the network, and tells if it cannot.
func (s *Session) redeploy(ctx context.Context, p project.Project) {
	begun, changed := time.Now(), strings.Join(s.deployed.changed(intentOf(p)), ", ")
	err := s.holdAll(ctx)
	if err == nil {
		err = s.deployLocked(ctx, p)
	}
	if err != nil && ctx.Err() == nil {
		s.emit(failure(event.Change{Chaincode: changed, Since: time.Since(begun)}, err))
	}
}

// holdAll waits until no chaincode of the network is being debugged: a deployment runs them all anew.
func (s *Session) holdAll(ctx context.Context) error {
	n, err := s.Network()
	if err != nil {
		return err
	}
	for _, cc := range n.Chaincodes {
		if err := awaitUndebugged(ctx, n, cc, func() { s.sayHeld(cc) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) deployLocked(ctx context.Context, p project.Project) error {
	release, err := s.lock(ctx, "up")
	if err != nil {
		return err
	}
	defer release()
	return s.deploy(ctx, p, "", false)
}

func failure(e event.Change, err error) event.Change {
	e.Phase, e.Err, e.Error = "failed", err, err.Error()
	return e
}
