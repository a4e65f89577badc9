package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/wait"
)

// failed is what a step that did not do what it says is told as. seen is the text it is told from.
func failed(seen, format string, args ...any) error {
	f := fault.New(fault.Scenario, "", format, args...)
	if seen == "" {
		return f
	}
	lines := strings.Split(strings.TrimRight(seen, "\n"), "\n")
	return f.WithLog(lines[max(0, len(lines)-seenLines):])
}

// seenLines is how much of an output explains a failure.
const seenLines = 20

// do does a step, and checks it.
func (w *Walk) do(ctx context.Context, i int) error {
	step, done := w.scenario.Steps[i], &outcome{}
	w.done[i] = done
	var err error
	switch {
	case step.Edit != nil:
		done.before, err = w.edit(*step.Edit)
	case step.Start != "":
		err = w.start(ctx, step.Start, step.Run)
	case step.Stop != "":
		s := w.started[step.Stop]
		if s == nil { // its step was skipped
			return nil
		}
		s.stop()
	case step.Run != "":
		err = w.runStep(ctx, step, done)
	}
	if err == nil {
		err = w.checkAll(ctx, step, done)
	}
	if s := w.started[step.Start+step.Stop]; s != nil {
		done.output = s.text()
		if step.Start != "" {
			for line := range strings.Lines(done.output) {
				w.emit(event.ScenarioOutput{Text: strings.TrimSuffix(line, "\n")})
			}
		}
	}
	return err
}

func (w *Walk) runStep(ctx context.Context, step Step, done *outcome) error {
	var err error
	done.output, done.exit, err = w.run(ctx, step.Run, func(line string) { w.emit(event.ScenarioOutput{Text: line}) })
	if err == nil && done.exit != step.Exit {
		err = failed(done.output, "the command was expected to exit with %d, and exited with %d", step.Exit, done.exit)
	}
	return err
}

// edit changes a file and gives what it had.
func (w *Walk) edit(e Edit) (before []byte, err error) {
	file := filepath.Join(w.dir, filepath.FromSlash(e.File))
	before, err = os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	text := e.Text
	if e.Old != "" {
		if n := strings.Count(string(before), e.Old); n != 1 {
			return before, failed(string(before), "%s was expected to have the text to be replaced once, and has it %d times", e.File, n)
		}
		text = strings.Replace(string(before), e.Old, e.New, 1)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return before, err
	}
	return before, os.WriteFile(file, []byte(text), 0o644)
}

// restore gives a file what it had before an edit.
func (w *Walk) restore(name string, before []byte) error {
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if before == nil {
		return os.Remove(file)
	}
	return os.WriteFile(file, before, 0o644)
}

func (w *Walk) checkAll(ctx context.Context, step Step, done *outcome) error {
	for _, c := range step.Expect {
		var err error
		if c.Within == "" {
			err = w.check(ctx, c, done)
		} else {
			limit, _ := time.ParseDuration(c.Within) // validated
			err = wait.For(ctx, limit, func(ctx context.Context) error { return w.check(ctx, c, done) })
		}
		if err != nil {
			return err
		}
		w.emit(event.ScenarioCheck{That: c.That})
	}
	return nil
}

// check looks once whether something is true.
func (w *Walk) check(ctx context.Context, c Check, done *outcome) error {
	seen, where, err := w.look(ctx, c, done)
	if err != nil {
		return err
	}
	matches, err := regexp.MatchString("(?m)"+c.Says, seen)
	if err != nil || matches {
		return err
	}
	if strings.TrimSpace(seen) == "" {
		seen = "(nothing)"
	}
	return failed(seen, "expected: %s (%s matches %s); seen is what stands here", c.That, where, c.Says)
}

// look gives the text that a check is about, and what that is.
func (w *Walk) look(ctx context.Context, c Check, done *outcome) (seen, where string, err error) {
	switch {
	case c.Run != "":
		text, exit, err := w.run(ctx, c.Run, func(string) {})
		if err == nil && exit != c.Exit {
			err = failed(text, "expected: %s (%q exits with %d); it exited with %d", c.That, c.Run, c.Exit, exit)
		}
		return text, fmt.Sprintf("what %q writes", c.Run), err
	case c.File != "":
		text, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(c.File)))
		if err != nil {
			return "", c.File, failed("", "expected: %s (%s is there): %w", c.That, c.File, err)
		}
		return string(bytes.ToValidUTF8(text, []byte("�"))), c.File, nil
	case c.Log != "":
		if w.started[c.Log] == nil {
			return "", c.Log, failed("", "expected: %s; the step that starts %s was skipped", c.That, c.Log)
		}
		return w.started[c.Log].text(), "what " + c.Log + " has written", nil
	default:
		return done.output, "the output", nil
	}
}
