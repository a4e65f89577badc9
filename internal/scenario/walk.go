package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/ports"
)

// Options are what a walk depends on.
type Options struct {
	Scenario Scenario
	Dir      string // where it takes place, absolute: made, or empty
	Runtime  string // docker or process
	Program  string // the ccdev that its commands call
	Events   event.Sink
}

// Walk is one user's way through a scenario. Close it.
type Walk struct {
	scenario Scenario // as it is on the runtime
	runtime  string
	dir      string
	temp     string // holds the link to ccdev, and what steps export
	env      []string
	emit     event.Sink

	done    []*outcome // by step; nil for one that was not done, or was gone back before
	started map[string]*started
}

// outcome is what became of a step.
type outcome struct {
	output string
	exit   int
	before []byte // what an edited file had; nil if it was not there
}

// Open prepares a walk. Its faults are of the kind Usage.
func Open(o Options) (*Walk, error) {
	for _, program := range append([]string{"sh"}, o.Scenario.On(o.Runtime, nil).Needs...) {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fault.New(fault.Usage, "install it, or have it in PATH", "scenario %s needs %s: %w", o.Scenario.Name, program, err)
		}
	}
	if err := makeEmpty(o.Dir); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for name, usual := range o.Scenario.Ports {
		port := usual
		for !ports.Free(port) {
			port++
		}
		values[name] = strconv.Itoa(port)
	}
	w := &Walk{
		scenario: o.Scenario.On(o.Runtime, values), runtime: o.Runtime, dir: o.Dir, emit: o.Events,
		started: map[string]*started{},
	}
	w.done = make([]*outcome, len(w.scenario.Steps))
	return w, w.prepare(o.Program)
}

// makeEmpty makes the folder. One that has files is somebody's.
func makeEmpty(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if err != nil {
		return fault.New(fault.Usage, "choose a folder that can be written, with --dir", "cannot make the scenario's folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty", dir)
	}
	if err != nil {
		return fault.New(fault.Usage, "choose an empty folder, or a new one, with --dir", "a scenario begins in an empty folder, and %w", err)
	}
	return nil
}

// prepare sets the environment of the commands: "ccdev" is this program, wherever it lies.
func (w *Walk) prepare(program string) error {
	temp, err := os.MkdirTemp("", "ccdev-scenario")
	if err != nil {
		return err
	}
	w.temp = temp
	name := "ccdev"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if err := os.Symlink(program, filepath.Join(temp, name)); err != nil {
		return err
	}
	w.env = append(os.Environ(),
		"PATH="+temp+string(os.PathListSeparator)+os.Getenv("PATH"), "CCDEV_RUNTIME="+w.runtime, "PWD="+w.dir)
	return nil
}

// Close ends the commands that go on, and removes nothing that is the user's.
func (w *Walk) Close() {
	for _, s := range w.started {
		s.stop()
	}
	_ = os.RemoveAll(w.temp) // the system clears its temporary folder
}

// Choice is what the user wants done with a step that is shown.
type Choice int

// The choices there are.
const (
	Do Choice = iota
	Skip
	Back // to the step before
)

// Run goes through the steps. choose is asked what to do with each once it is shown; nil does all.
// A step that did not do what it says is a fault of the kind Scenario.
func (w *Walk) Run(ctx context.Context, choose func(context.Context) (Choice, error)) error {
	for i := 0; i < len(w.scenario.Steps); {
		w.show(i)
		choice := Do
		if choose != nil {
			var err error
			if choice, err = choose(ctx); err != nil {
				return w.left(i, err)
			}
		}
		switch choice {
		case Back:
			i = w.back(i)
		case Skip:
			i++
		default:
			if err := w.do(ctx, i); err != nil {
				return w.left(i, err)
			}
			i++
		}
	}
	return nil
}

// left is the error of a walk that ends in a step, with how to clean up.
func (w *Walk) left(i int, err error) error {
	f := *fault.From(err)
	if errors.Is(err, context.Canceled) {
		f, err = fault.Fault{What: "it was broken off"}, nil // the signal tells its kind
	}
	f.What = fmt.Sprintf("step %d of %d, %q: %s", i+1, len(w.scenario.Steps), w.scenario.Steps[i].Title, f.What)
	f.Cause = err
	f.Fix = fmt.Sprintf("what was made is in %s; to leave nothing of it that runs:\ncd %s && { %s; }", w.dir, word(w.dir), w.cleanup())
	return &f
}

// word writes a path as one word of the shell.
func word(path string) string {
	if !strings.ContainsAny(path, " \t\n'\"\\$&;()<>|*?[]#~`!{}") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// cleanup is the command that leaves nothing of the steps that were begun.
func (w *Walk) cleanup() string {
	commands := w.scenario.Cleanup
	for i, step := range w.scenario.Steps {
		if w.done[i] != nil && step.Cleanup != "" {
			commands += "; " + step.Cleanup
		}
	}
	return commands
}

func (w *Walk) show(i int) {
	step := w.scenario.Steps[i]
	e := event.ScenarioStep{Number: i + 1, Total: len(w.scenario.Steps), Title: step.Title, Text: step.Text, Command: step.Run}
	switch {
	case step.Edit != nil:
		e.File, e.Change = step.Edit.File, step.Edit.shown()
	case step.Start != "":
		e.Command += "   # in a terminal of its own: " + step.Start
	case step.Stop != "":
		e.Command = "^C   # in the terminal of " + step.Stop
	}
	w.emit(e)
}

// shown is an edit as people read it: the lines that go, and those that come.
func (e Edit) shown() string {
	if filepath.Ext(e.File) == ".sum" {
		return "+ (the checksums of its dependencies)\n"
	}
	text := ""
	for line := range strings.Lines(e.Old) {
		text += "- " + strings.TrimSuffix(line, "\n") + "\n"
	}
	for line := range strings.Lines(e.Text + e.New) {
		text += "+ " + strings.TrimSuffix(line, "\n") + "\n"
	}
	return text
}

// back undoes the step before, where that is possible, and gives the step that is next then.
func (w *Walk) back(i int) int {
	if i == 0 {
		w.emit(event.Notice{Text: "this is the first step"})
		return i
	}
	last := i - 1
	step, done := w.scenario.Steps[last], w.done[last]
	switch {
	case done == nil: // it was skipped
		return last
	case step.Once || step.Stop != "":
		w.emit(event.Notice{Text: fmt.Sprintf("there is no way back: %q cannot be done a second time", step.Title)})
		return i
	case step.Edit != nil:
		if err := w.restore(step.Edit.File, done.before); err != nil {
			w.emit(event.Notice{Text: fmt.Sprintf("there is no way back: %v", err)})
			return i
		}
	case step.Start != "":
		w.started[step.Start].stop()
	}
	w.done[last] = nil
	return last
}
