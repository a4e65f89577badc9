package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ccdev/ccdev/internal/devloop"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/ccdev/ccdev/internal/watch"
	"golang.org/x/sync/errgroup"
)

// Develop watches the network's chaincodes and takes each change live, until ctx ends: new code as
// a new generation, and a new definition as the next sequence. The code of a chaincode without a
// relay is left alone: a reload would fail what is in flight.
func (s *Session) Develop(ctx context.Context) error {
	p, err := project.Load(s.dir, project.Overrides{})
	if err != nil {
		return err
	}
	for told := false; ; told = true {
		defined, err := s.developUntilDefined(ctx, p, told)
		if err != nil || defined == nil {
			return err
		}
		p = *defined
		s.redeploy(ctx, p)
	}
}

// developUntilDefined develops until the project asks for other definitions than were deployed,
// and gives what it asks for then; nil at the end of ctx. With told set the user knows what is
// watched.
func (s *Session) developUntilDefined(ctx context.Context, p project.Project, told bool) (defined *project.Project, err error) {
	l, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	u := &bringUp{Session: s, live: l, project: p, programs: l.net.Programs}
	whole := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all, ctx := errgroup.WithContext(ctx)
	for _, cc := range l.net.Chaincodes {
		if cc.External() {
			all.Go(func() error { return (&deployment{bringUp: u, cc: cc}).tellExternal(ctx) })
		} else if cc.Relay {
			all.Go(func() error { return develop(ctx, &deployment{bringUp: u, cc: cc}, told) })
		}
	}
	all.Go(func() (err error) {
		defer cancel()
		defined, err = s.awaitDefinition(ctx, p)
		return err
	})
	err = all.Wait()
	if defined != nil || whole.Err() != nil {
		return defined, nil // what was ended may have said so as a failure of its own
	}
	return nil, err
}

// development is one chaincode's way from change to change.
type development struct {
	*deployment

	again func() // builds once more
	mu    sync.Mutex
	built map[int]*pending // by the loop's number
	live  int              // the generation that was told of last
	held  bool             // it was told that changes wait for the end of debugging
	fault string           // that the last build was told to have; "" once one is live
	told  []string         // files that have changed, since a build has ended
	idle  idleFiles
}

// pending is one build on its way. The loop counts its builds; the number of the generation is given
// out later, as a reload from elsewhere may have taken the next one.
type pending struct {
	program string
	mode    relay.Mode
	number  int // of the generation; 0 while it has none
}

func develop(ctx context.Context, d *deployment, told bool) error {
	record, err := recordedGeneration(d.net.ChaincodeDir(d.cc))
	if err != nil {
		return err
	}
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return err
	}
	live, err := d.serving(ctx, client)
	client.Close()
	if err != nil {
		return err
	}
	dev := &development{deployment: d, built: map[int]*pending{}, live: live}
	var watched atomic.Pointer[[]watch.Options]
	loop := devloop.New(devloop.Options{
		Build: dev.compile, Sources: func() string { return stamps(*watched.Load()) }, Deliver: dev.swap, Emit: dev.tell,
		Newest: record.Made, Serving: live,
	})
	dev.again = loop.Reload
	saved, changes := make(chan watch.Batch), make(chan watch.Batch)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		return d.watchSources(ctx, func(folders []watch.Options) {
			watched.Store(&folders)
			if !told {
				told = true
				d.emit(event.Notice{Text: "watching " + strings.Join(names(folders), ", ")})
			}
			loop.Reload() // what was saved between the last build and now is in no batch
		}, func(b watch.Batch) {
			select {
			case saved <- b:
			case <-ctx.Done():
			}
		})
	})
	both.Go(func() error { dev.idle.pass(ctx, saved, changes); return nil })
	both.Go(func() error { loop.Run(ctx, changes); return nil })
	return both.Wait()
}

// compile builds the sources into a file that the next build leaves alone.
func (d *development) compile(ctx context.Context, n int) (devloop.Built, error) {
	if err := d.hold(ctx); err != nil {
		return devloop.Built{}, err
	}
	program, mode, err := d.compileProgram(ctx)
	if err != nil {
		d.explain(ctx, err)
		return devloop.Built{}, err
	}
	kept := filepath.Join(filepath.Dir(program), strconv.Itoa(n))
	if err := keepProgram(program, kept); err != nil {
		return devloop.Built{}, fmt.Errorf("keep build %d: %w", n, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.built[n] = &pending{program: kept, mode: mode}
	return devloop.Built{Program: kept}, nil
}

// explain tells the relay why there is no newer code, for callers to hear if nothing else runs.
func (d *deployment) explain(ctx context.Context, reason error) {
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return // the reason is on its way to the user too
	}
	defer client.Close()
	_ = client.Explain(ctx, reason.Error()) // as above
}

// swap gives a build its number and delivers it.
func (d *development) swap(ctx context.Context, b devloop.Built, _ func()) error {
	d.mu.Lock()
	build := d.built[b.Generation]
	d.mu.Unlock()
	defer os.Remove(build.program) //nolint:errcheck // it is only room: removed with the network at the latest
	g, err := d.number(ctx, build.program)
	if errors.Is(err, errDebugged) {
		d.again() // which waits
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	build.number = g.Number
	known := g.Number == d.live
	d.mu.Unlock()
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := d.handOver(ctx, client, g, build.mode); err != nil {
		return err
	}
	if d.debug && !known {
		d.emit(event.Notice{Text: fmt.Sprintf("generation %d is live under the debugger: attach to %s again", g.Number, d.cc.Debug.Host)})
	}
	return nil
}

// number makes a generation of a program, while no other command does.
func (d *development) number(ctx context.Context, program string) (topology.Generation, error) {
	release, err := d.lock(ctx, "up")
	if err != nil {
		return topology.Generation{}, err
	}
	defer release()
	if err := d.undebugged(); err != nil { // debugging may have begun since the build
		return topology.Generation{}, err
	}
	return nextGeneration(d.net.ChaincodeDir(d.cc), program, false)
}

// tell emits how far a change has come. Idle files are not told of, unless they matter after all; nor is
// a change of files that one is told of already.
func (d *development) tell(st devloop.State) {
	d.idle.setBuilding(st.Phase == devloop.Building || st.Phase == devloop.Changed && !st.Paused)
	idle := d.idle.all(st.Changed)
	number, news := d.note(st, idle)
	if !news || errors.Is(st.Err, errDebugged) {
		return // nobody has changed anything, or it is built again
	}
	e := event.Change{
		Chaincode: d.cc.Name, Phase: string(st.Phase), Generation: number, Files: st.Changed, Since: st.Since,
	}
	if others := d.idle.others(st.Changed); len(others) > 0 {
		e.Files = others
	}
	if st.Err != nil {
		e.Err = st.Err
		e.Error = st.Err.Error()
	}
	if idle { // what went before was not told
		d.emit(event.Change{Chaincode: d.cc.Name, Phase: string(devloop.Changed), Files: e.Files})
	}
	d.emit(e)
}

// note keeps how far a build has come, and gives the number of its generation, and whether there
// is anything to tell. Of one that was begun by idle files alone, or by nobody, there is only when it makes
// another program, or fails otherwise than the one before.
func (d *development) note(st devloop.State, idle bool) (number int, news bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if build := d.built[st.Generation]; build != nil {
		number = build.number
	}
	switch st.Phase {
	case devloop.Changed:
		news = !idle && !isWithin(st.Changed, d.told)
		d.told = st.Changed
		return number, news
	case devloop.Live:
		news = d.isLive(st, number, idle)
	case devloop.Failed:
		delete(d.built, st.Generation)
		news = !idle || st.Err.Error() != d.fault
		d.fault = st.Err.Error()
		if idle && news {
			d.idle.set(st.Changed, false)
		}
	default:
		return number, !idle
	}
	d.told = nil
	return number, news
}

// isLive is note for the end of a build that has not failed.
func (d *development) isLive(st devloop.State, number int, idle bool) (news bool) {
	delete(d.built, st.Generation)
	other, mended := number != d.live, d.fault != ""
	d.live, d.fault = number, ""
	switch {
	case other && idle:
		d.idle.set(st.Changed, false) // they matter
	case !other && !mended:
		d.idle.set(st.Changed, true)
	}
	return other || len(st.Changed) > 0 && !idle
}

// isWithin tells whether there are files, and all of them are among others.
func isWithin(files, others []string) bool {
	return len(files) > 0 && !slices.ContainsFunc(files, func(file string) bool { return !slices.Contains(others, file) })
}
