package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/devloop"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/watch"
)

// Files that are no part of the program, and to which somebody writes all the time.
func TestFilesThatDoNotMatterAreToldOfOnce(t *testing.T) {
	var told []string
	s := &Session{emit: func(e event.Event) {
		c := e.(event.Change)
		told = append(told, c.Phase+" "+strings.Join(c.Files, ","))
	}}
	d := &development{
		deployment: &deployment{bringUp: &bringUp{Session: s}, cc: network.Chaincode{Name: "basic"}}, built: map[int]*pending{}, live: 1,
	}
	attempt := 0
	// change builds what has these files changed, into that generation; 0 for none.
	change := func(generation int, files ...string) (phases []string) {
		told = nil
		attempt++
		d.tell(devloop.State{Phase: devloop.Changed, Changed: files})
		d.tell(devloop.State{Phase: devloop.Building, Generation: attempt, Changed: files})
		if generation == 0 {
			d.tell(devloop.State{Phase: devloop.Failed, Generation: attempt, Changed: files, Err: errors.New("it does not compile")})
			return told
		}
		d.tell(devloop.State{Phase: devloop.Starting, Generation: attempt, Changed: files})
		d.built[attempt] = &pending{number: generation}
		d.tell(devloop.State{Phase: devloop.Live, Generation: attempt, Changed: files})
		return told
	}
	all := func(last, files string) []string {
		return []string{"changed " + files, "building " + files, "starting " + files, last + " " + files}
	}
	for _, step := range []struct {
		what       string
		generation int
		files      string
		want       []string
	}{
		{"a file that does not matter", 1, "out.txt", all("live", "out.txt")},
		{"the same once more", 1, "out.txt", nil},
		{"another one", 1, "data", all("live", "data")},
		{"both", 1, "data,out.txt", nil},
		{"one with the sources", 2, "main.go,out.txt", all("live", "main.go")},
		{"alone once more", 2, "out.txt", nil},
		{"it does matter after all", 3, "out.txt", []string{"changed out.txt", "live out.txt"}},
		{"and may do so from now on", 3, "out.txt", all("live", "out.txt")},
		{"a source that does not matter yet", 3, "more.go", all("live", "more.go")},
		{"and does not compile", 0, "more.go", []string{"changed more.go", "failed more.go"}},
		{"nor do others", 0, "main.go", []string{"changed main.go", "building main.go", "failed main.go"}},
		{"what does not matter is still quiet", 0, "data", nil},
		{"it is mended", 3, "main.go", all("live", "main.go")},
		{"which is not to say that it does not matter", 0, "main.go", []string{"changed main.go", "building main.go", "failed main.go"}},
	} {
		if got := change(step.generation, strings.Split(step.files, ",")...); !slices.Equal(got, step.want) {
			t.Errorf("%s: told is %q, want %q", step.what, got, step.want)
		}
	}
}

// What tells of a change may be what changes the next file.
func TestAChangeIsToldOfOnce(t *testing.T) {
	var told []string
	s := &Session{emit: func(e event.Event) { told = append(told, strings.Join(e.(event.Change).Files, ",")) }}
	d := &development{deployment: &deployment{bringUp: &bringUp{Session: s}}, built: map[int]*pending{}, live: 1}
	for _, files := range []string{"main.go", "log,main.go", "log,main.go", "log,main.go", "a,log,main.go"} {
		d.tell(devloop.State{Phase: devloop.Changed, Changed: strings.Split(files, ",")})
	}
	if want := []string{"main.go", "log,main.go", "a,log,main.go"}; !slices.Equal(told, want) {
		t.Errorf("told is %q, want %q", told, want)
	}
}

func TestIdleFilesArePassedOnAtTheirOwnPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var idle idleFiles
		idle.set([]string{"out.txt", "gone"}, true)
		ctx, cancel := context.WithCancel(t.Context())
		from, to, done := make(chan watch.Batch), make(chan watch.Batch, 100), make(chan struct{})
		go func() { defer close(done); idle.pass(ctx, from, to) }()
		expect := func(after time.Duration, want ...string) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			var got []string
			for len(to) > 0 {
				b := <-to
				got = append(got, strings.Join(slices.Concat(b.Changed, b.Removed), ","))
			}
			if !slices.Equal(got, want) {
				t.Errorf("passed on are %q, want %q", got, want)
			}
		}
		from <- watch.Batch{Changed: []string{"out.txt"}} // it may be a source after all
		expect(0, "out.txt")
		from <- watch.Batch{Changed: []string{"out.txt"}}
		expect(idlePace / 2)
		from <- watch.Batch{Changed: []string{"main.go", "out.txt"}}
		expect(0, "main.go,out.txt")
		from <- watch.Batch{Removed: []string{"gone"}}
		expect(idlePace/2, "out.txt,gone")
		expect(idlePace)
		idle.setBuilding(true)
		from <- watch.Batch{Changed: []string{"out.txt"}}
		expect(3 * idlePace)
		idle.setBuilding(false)
		expect(idlePace/10, "out.txt")
		cancel()
		<-done
	})
}
