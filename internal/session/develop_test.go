package session

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/devloop"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
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
		{"one with the sources", 2, "main.go,out.txt", all("live", "main.go,out.txt")},
		{"it might matter now", 2, "out.txt", all("live", "out.txt")},
		{"and does not", 2, "out.txt", nil},
		{"it does after all", 3, "out.txt", []string{"changed out.txt", "live out.txt"}},
		{"a file that does not matter yet", 3, "more.go", all("live", "more.go")},
		{"and does not compile", 0, "more.go", []string{"changed more.go", "failed more.go"}},
		{"what does not compile is saved as it was", 0, "main.go", []string{"changed main.go", "building main.go", "failed main.go"}},
		{"while it does not", 0, "more.go", nil},
		{"it is mended", 3, "main.go", all("live", "main.go")},
		{"and broken", 0, "more.go", []string{"changed more.go", "failed more.go"}},
	} {
		if got := change(step.generation, strings.Split(step.files, ",")...); !slices.Equal(got, step.want) {
			t.Errorf("%s: told is %q, want %q", step.what, got, step.want)
		}
	}
}
