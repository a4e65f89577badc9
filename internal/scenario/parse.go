package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/project"
	"github.com/goccy/go-yaml"
)

// parse reads a script, and the files it takes texts from. Its errors show the lines they are about.
func parse(source []byte, read func(file string) ([]byte, error)) (Scenario, error) {
	var s Scenario
	if err := yaml.NewDecoder(bytes.NewReader(source), yaml.Strict()).Decode(&s); err != nil {
		return s, errors.New(strings.TrimRight(yaml.FormatError(err, false, true), "\n"))
	}
	for name, missing := range map[string]bool{"title": s.Title == "", "learn": len(s.Learn) == 0, "cleanup": s.Cleanup == "", "steps": len(s.Steps) == 0} {
		if missing {
			return s, fmt.Errorf("it has no %s", name)
		}
	}
	started := map[string]bool{}
	for i := range s.Steps {
		step := &s.Steps[i]
		where, err := step.validate(started)
		if err == nil && step.Edit != nil && step.Edit.From != "" {
			where = ".edit.from"
			var text []byte
			text, err = read(step.Edit.From)
			step.Edit.Text = string(text)
		}
		if err != nil {
			return s, at(source, fmt.Sprintf("$.steps[%d]%s", i, where), err)
		}
		if step.Start != "" {
			started[step.Start] = true
		}
	}
	return s, nil
}

// validate finds what is wrong with a step, and where in it: a YAML path.
func (s *Step) validate(started map[string]bool) (where string, err error) {
	switch {
	case s.Title == "" || s.Text == "":
		return "", errors.New("a step has a title and a text")
	case count(s.Edit != nil, s.Run != "", s.Stop != "") > 1:
		return "", errors.New("a step edits, runs or stops: one of them")
	case s.Start != "" && s.Run == "":
		return ".start", errors.New("there is no command to start")
	case s.Stop != "" && !started[s.Stop]:
		return ".stop", fmt.Errorf("no step before it starts %q", s.Stop)
	case !slices.Contains([]string{"", project.RuntimeDocker, project.RuntimeProcess}, s.Runtime):
		return ".runtime", fmt.Errorf("%q is neither docker nor process", s.Runtime)
	}
	return s.validateParts(started)
}

func (s *Step) validateParts(started map[string]bool) (where string, err error) {
	if s.Edit != nil {
		if err := s.Edit.validate(); err != nil {
			return ".edit", err
		}
	}
	for i := range s.Expect {
		if err := s.Expect[i].validate(started, s.Start); err != nil {
			return fmt.Sprintf(".expect[%d]", i), err
		}
	}
	return "", nil
}

func (e *Edit) validate() error {
	if !filepath.IsLocal(e.File) || path.Clean(e.File) != e.File {
		return fmt.Errorf("%q is no file below the scenario's folder", e.File)
	}
	if count(e.Text != "", e.From != "", e.Old != "") != 1 || e.New != "" && e.Old == "" {
		return errors.New("an edit has a text, or from, or old and new")
	}
	return nil
}

func (c *Check) validate(started map[string]bool, starts string) error {
	switch {
	case c.That == "":
		return errors.New(`a check says in words what is true: "that"`)
	case count(c.Run != "", c.File != "", c.Log != "") > 1:
		return errors.New("a check looks at a command, a file or a log: one of them")
	case c.Log != "" && c.Log != starts && !started[c.Log]:
		return fmt.Errorf("no step before it starts %q", c.Log)
	case c.Says == "" && c.Run == "":
		return errors.New("a check says what it expects")
	}
	if _, err := regexp.Compile(c.Says); err != nil {
		return err
	}
	if c.Within != "" {
		_, err := time.ParseDuration(c.Within)
		return err
	}
	return nil
}

// count tells how many of the conditions hold.
func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// at adds the lines that a YAML path is about.
func at(source []byte, where string, err error) error {
	for ; where != "$"; where = where[:strings.LastIndexAny(where, ".[")] {
		p, invalid := yaml.PathString(where)
		if invalid != nil {
			break
		}
		if excerpt, missing := p.AnnotateSource(source, false); missing == nil {
			return fmt.Errorf("%w\n%s", err, strings.TrimRight(string(excerpt), "\n"))
		}
	}
	return err
}
