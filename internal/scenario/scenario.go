// Package scenario walks a user through a scripted tutorial, and checks that each step did what it says.
package scenario

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// FileName is the script in a scenario's folder.
const FileName = "scenario.yaml"

// Scenario is a scripted tutorial.
type Scenario struct {
	Name    string         `yaml:"-"` // of its folder
	Title   string         `yaml:"title"`
	Learn   []string       `yaml:"learn"`   // what its user knows afterwards
	Needs   []string       `yaml:"needs"`   // programs that must be in PATH
	Ports   map[string]int `yaml:"ports"`   // variables, each a port of 127.0.0.1 that is free: the usual one or a later one
	Cleanup string         `yaml:"cleanup"` // the command that leaves nothing, whatever step the user has come to
	Steps   []Step         `yaml:"steps"`
}

// Step is one thing to read and to do. It edits a file, runs a command, or stops one, or is only
// read.
type Step struct {
	Title   string   `yaml:"title"`
	Text    string   `yaml:"text"`    // Markdown
	Needs   []string `yaml:"needs"`   // programs, as those of the scenario
	Runtime string   `yaml:"runtime"` // docker or process: only there; empty: on both
	Edit    *Edit    `yaml:"edit"`
	Run     string   `yaml:"run"`     // a command of the shell; what it exports is there for the steps after it
	Start   string   `yaml:"start"`   // what the command is called, which then goes on while others run
	Stop    string   `yaml:"stop"`    // the command that was started under this name is ended, as Ctrl-C ends it
	Exit    int      `yaml:"exit"`    // the command's exit code
	Once    bool     `yaml:"once"`    // it cannot be done a second time, so that nobody can go back before it
	Cleanup string   `yaml:"cleanup"` // the command that removes what the scenario's own leaves of it
	Expect  []Check  `yaml:"expect"`
}

// Edit is a change of a file: its whole text, given or taken from a file of the scenario, or one
// piece of it for another.
type Edit struct {
	File string `yaml:"file"`
	Text string `yaml:"text"`
	From string `yaml:"from"`
	Old  string `yaml:"old"`
	New  string `yaml:"new"`
}

// Check is what must be true after a step: that a command's output, a file, or what a started
// command has written, matches. Without any of these it is the step's own output.
type Check struct {
	That   string `yaml:"that"` // in words
	Run    string `yaml:"run"`
	File   string `yaml:"file"`
	Log    string `yaml:"log"`
	Says   string `yaml:"says"`   // a regular expression; ^ and $ are those of lines
	Exit   int    `yaml:"exit"`   // of the command
	Within string `yaml:"within"` // how long it may take to become true; empty: it is true at once
}

// List loads scenarios, in the order of their names.
func List(files fs.FS, names []string) ([]Scenario, error) {
	var all []Scenario
	for _, name := range names {
		s, err := Load(files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Load reads a scenario. Its faults are of the kind Usage.
func Load(files fs.FS, name string) (Scenario, error) {
	source, err := fs.ReadFile(files, path.Join(name, FileName))
	if err != nil {
		return Scenario{}, fault.New(fault.Usage, `"ccdev scenario list" names those there are`, "there is no scenario %q", name)
	}
	s, err := parse(source, func(file string) ([]byte, error) { return fs.ReadFile(files, path.Join(name, file)) })
	s.Name = name
	if err != nil {
		return s, fault.New(fault.Usage, "correct "+path.Join(name, FileName), "scenario %s: %w", name, err)
	}
	return s, nil
}

// On gives the scenario as it is on a runtime, with values for its variables.
func (s Scenario) On(runtime string, values map[string]string) Scenario {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "${"+name+"}", value)
	}
	fill := strings.NewReplacer(pairs...).Replace
	var steps []Step
	for _, step := range s.Steps {
		if step.Runtime == "" || step.Runtime == runtime {
			steps = append(steps, step.filled(fill))
			s.Needs = slices.Concat(s.Needs, step.Needs)
		}
	}
	s.Steps, s.Cleanup = steps, fill(s.Cleanup)
	return s
}

func (s Step) filled(fill func(string) string) Step {
	s.Text, s.Run, s.Cleanup = fill(s.Text), fill(s.Run), fill(s.Cleanup)
	if s.Edit != nil {
		e := *s.Edit
		e.Text, e.Old, e.New = fill(e.Text), fill(e.Old), fill(e.New)
		s.Edit = &e
	}
	var checks []Check
	for _, c := range s.Expect {
		c.Run, c.Says = fill(c.Run), fill(c.Says)
		checks = append(checks, c)
	}
	s.Expect = checks
	return s
}
