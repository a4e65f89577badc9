package devloop_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/devloop"
	"github.com/ccdev/ccdev/internal/watch"
)

const ms = time.Millisecond

var (
	errCompile    = errors.New("does not compile")
	errSuperseded = errors.New("superseded")
	errStart      = errors.New("does not start")
)

// world is what a loop works on: sources, a compiler and a relay.
type world struct {
	t       *testing.T
	build   time.Duration // how long it takes
	deliver time.Duration
	relay   bool // a newer delivery ends the older one
	deaf    bool // builds do not end when they are cancelled

	loop    *devloop.Loop
	changes chan watch.Batch
	ended   chan struct{}

	mu        sync.Mutex
	sources   string // "bad..." does not compile, "dead..." does not start, "hang..." never starts
	live      string
	compiling int // builds running
	started   int // builds
	cancelled int
	handing   int // deliveries running
	most      int // of them at once
	delivered []int
	supersede context.CancelFunc // of the last delivery
	states    []devloop.State
}

// run runs a test with a loop whose generation 4 is live. The time is not the real one.
func run(t *testing.T, w *world, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		w.changes, w.ended = make(chan watch.Batch), make(chan struct{})
		w.loop = devloop.New(devloop.Options{Build: w.doBuild, Sources: w.doSources, Deliver: w.doDeliver, Emit: w.emit, Newest: 6, Serving: 4})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer close(w.ended)
			w.loop.Run(ctx, w.changes)
		}()
		test(w)
		cancel()
		<-w.ended
		if w.compiling > 0 || w.handing > 0 {
			t.Errorf("%d builds and %d deliveries are left running", w.compiling, w.handing)
		}
	})
}

func (w *world) doBuild(ctx context.Context, _ int) (devloop.Built, error) {
	w.mu.Lock()
	sources := w.sources
	w.compiling++
	w.started++
	if w.compiling > 1 {
		w.t.Error("two builds at once")
	}
	w.mu.Unlock()
	if w.deaf {
		time.Sleep(w.build)
	} else {
		pass(ctx, w.build)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.compiling--
	switch {
	case ctx.Err() != nil && !w.deaf:
		w.cancelled++
		return devloop.Built{}, ctx.Err()
	case strings.HasPrefix(sources, "bad"):
		return devloop.Built{}, errCompile
	}
	return devloop.Built{Program: sources}, nil
}

func (w *world) doSources() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sources
}

func (w *world) doDeliver(ctx context.Context, built devloop.Built, swapping func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.mu.Lock()
	if w.relay && w.supersede != nil {
		w.supersede()
	}
	w.supersede = cancel
	w.handing++
	w.most = max(w.most, w.handing)
	w.delivered = append(w.delivered, built.Generation)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.handing--
		w.mu.Unlock()
	}()
	if strings.HasPrefix(built.Program, "hang") {
		<-ctx.Done()
		return errSuperseded
	}
	pass(ctx, w.deliver/2)
	if strings.HasPrefix(built.Program, "dead") {
		return errStart
	}
	swapping()
	pass(ctx, w.deliver-w.deliver/2)
	if ctx.Err() != nil {
		return errSuperseded
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.live = built.Program
	return nil
}

func pass(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (w *world) emit(s devloop.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.states = append(w.states, s)
}

// save changes the sources, and lets the watch tell of it.
func (w *world) save(sources string, files ...string) {
	w.write(sources)
	w.changes <- watch.Batch{At: time.Now(), Changed: files}
}

// write changes the sources, and nobody has noticed yet.
func (w *world) write(sources string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sources = sources
}

// after lets time pass, and what is to happen until then happen.
func (w *world) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// expect compares the states since the last time with these: phase, generation, the one serving,
// and what else is said.
func (w *world) expect(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, s := range w.states {
		text := fmt.Sprintf("%s %d serving %d since %v took %v %s", s.Phase, s.Generation, s.Serving, s.Since, s.Took, strings.Join(s.Changed, ","))
		if s.Paused {
			text += " paused"
		}
		if s.Err != nil {
			text += ": " + s.Err.Error()
		}
		got = append(got, strings.Join(strings.Fields(text), " "))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("the states are\n\t%s\nwanted are\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	w.states = nil
}

// serves tells which sources are live.
func (w *world) serves(want string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.live != want {
		w.t.Errorf("%q is live, and not %q", w.live, want)
	}
}
