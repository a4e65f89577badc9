package scenario

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
)

// walkOf opens a walk through steps whose ccdev is cat, and collects what it tells.
func walkOf(t *testing.T, steps string) (w *Walk, told *[]event.Event) {
	t.Helper()
	s, err := Load(fstest.MapFS{"t/scenario.yaml": {Data: []byte(head + steps)}}, "t")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("cat")
	if err != nil {
		t.Fatal(err)
	}
	told = &[]event.Event{}
	w, err = Open(Options{
		Scenario: s, Dir: filepath.Join(t.TempDir(), "t"), Runtime: "process", Program: program,
		Events: func(e event.Event) { *told = append(*told, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w, told
}

// Who leaves is told how to be rid of what was made, and of that only.
func TestCleanupOfTheStepsThatWereBegun(t *testing.T) {
	w, _ := walkOf(t, `  - {title: a, text: b, run: 'true', cleanup: rm a}
  - {title: a, text: b, run: 'true', cleanup: rm skipped}
  - {title: a, text: b, run: 'false', cleanup: rm half}
  - {title: a, text: b, run: 'true', cleanup: rm later}
`)
	f := fault.From(w.Run(t.Context(), choices(Do, Skip)))
	if want := "&& { true; rm a; rm half; }"; !strings.Contains(f.Fix, want) {
		t.Errorf("its fix is %q, and should have %q", f.Fix, want)
	}
}

func TestWord(t *testing.T) {
	for path, want := range map[string]string{"/a/b-c_1.0": "/a/b-c_1.0", "/a b": "'/a b'", "/it's": `'/it'\''s'`, "/$HOME": "'/$HOME'"} {
		if got := word(path); got != want {
			t.Errorf("%s is written %s, want %s", path, got, want)
		}
	}
}

// choices answers from a list, and goes on after it.
func choices(list ...Choice) func(context.Context) (Choice, error) {
	return func(context.Context) (Choice, error) {
		if len(list) == 0 {
			return Do, nil
		}
		first := list[0]
		list = list[1:]
		return first, nil
	}
}

func TestAWalk(t *testing.T) {
	w, told := walkOf(t, `  - {title: read, text: only read}
  - {title: write, text: w, edit: {file: sub/x, text: "one two\n"}, expect: [{that: it has two, file: sub/x, says: two$}]}
  - {title: replace, text: r, edit: {file: sub/x, old: two, new: three}}
  - title: find ccdev
    text: f
    run: ccdev sub/x; export SEEN="it's $(ccdev sub/x)"
    expect: [{that: it says three, says: "^one three$"}, {that: the runtime is told, run: echo $CCDEV_RUNTIME, says: ^process$}]
  - {title: keep, text: k, run: 'echo "$SEEN"', expect: [{that: what was exported is kept, says: "^it's one three$"}]}
  - {title: fail, text: f, run: exit 3, exit: 3, expect: [{that: so does a check, run: exit 4, exit: 4}]}
`)
	if err := w.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	checks := 0
	for _, e := range *told {
		if _, is := e.(event.ScenarioCheck); is {
			checks++
		}
	}
	if checks != 5 {
		t.Errorf("%d checks were told in %+v", checks, *told)
	}
	handout := w.Handout()
	for _, part := range []string{
		"## 2. write\n", "Write `sub/x`:", "In `sub/x`, replace\n\n```text\ntwo\n```", "```text\none three\n```", "- ✓ it says three\n", "Its exit code is 3.",
	} {
		if !strings.Contains(handout, part) {
			t.Errorf("the handout has no %q:\n%s", part, handout)
		}
	}
}

func TestAStepThatFails(t *testing.T) {
	for name, tc := range map[string]struct{ step, says, seen string }{
		"a command":   {"{title: a, text: b, run: echo oh; exit 2}", "expected to exit with 0, and exited with 2", "oh"},
		"its success": {"{title: a, text: b, run: echo oh, exit: 2}", "expected to exit with 2, and exited with 0", "oh"},
		"an output":   {"{title: a, text: b, run: echo oh, expect: [{that: it says ah, says: ah}]}", "expected: it says ah", "oh"},
		"a file":      {"{title: a, text: b, expect: [{that: it is there, file: x, says: ah}]}", "no such file", ""},
		"a check":     {"{title: a, text: b, expect: [{that: it runs, run: echo oh; exit 5}]}", "it exited with 5", "oh"},
		"in time":     {"{title: a, text: b, expect: [{that: it comes, run: echo oh, says: ah, within: 50ms}]}", "expected: it comes", "oh"},
		"a replacing": {"{title: a, text: b, edit: {file: x, old: c, new: d}}", "has it 0 times", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := walkOf(t, "  - "+tc.step+"\n")
			err := w.Run(t.Context(), nil)
			f := fault.From(err)
			if !fault.Is(err, fault.Scenario) || f.Kind.ExitCode() != 9 {
				t.Fatalf("the error is %v", err)
			}
			if !strings.Contains(f.What, `step 1 of 1, "a": `) || !strings.Contains(f.What, tc.says) || strings.Join(f.Log, "\n") != tc.seen {
				t.Errorf("it says %q with %q", f.What, f.Log)
			}
			if !strings.Contains(f.Fix, "cd "+w.dir+" && { true; }") {
				t.Errorf("its fix is %q", f.Fix)
			}
		})
	}
}

func TestBackAndSkip(t *testing.T) {
	w, told := walkOf(t, `  - {title: write, text: w, edit: {file: x, text: new}}
  - {title: count, text: c, run: echo . >>count}
  - {title: once, text: o, run: echo . >>once, once: true}
  - {title: last, text: l, run: echo . >>last}
`)
	err := w.Run(t.Context(), choices(
		Back, Do, Back, // the first has nothing before it; the write is undone
		Do, Do, Back, Do, // the count is done twice
		Do, Back, // there is no way back before what is done once
		Skip,
	))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"x": "new", "count": ".\n.\n", "once": ".\n", "last": ""} {
		got, _ := os.ReadFile(filepath.Join(w.dir, name)) // "" for none
		if string(got) != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	var notices []string
	for _, e := range *told {
		if n, is := e.(event.Notice); is {
			notices = append(notices, n.Text)
		}
	}
	if len(notices) != 2 || !strings.Contains(notices[1], `"once" cannot be done a second time`) {
		t.Errorf("the notices are %q", notices)
	}
}

func TestAHandoutLeavesOutWhatWasUndone(t *testing.T) {
	w, _ := walkOf(t, "  - {title: say, text: s, run: echo hello}\n  - {title: read, text: r}\n")
	if err := w.Run(t.Context(), choices(Do, Back, Skip)); err != nil {
		t.Fatal(err)
	}
	if handout := w.Handout(); strings.Contains(handout, "hello") || !strings.Contains(handout, "## 1. say") {
		t.Errorf("the handout is:\n%s", handout)
	}
}

func TestBackRestoresAFile(t *testing.T) {
	w, _ := walkOf(t, `  - {title: write, text: w, edit: {file: x, text: one}}
  - {title: replace, text: w, edit: {file: x, old: one, new: two}}
  - {title: look, text: l, run: cat x, expect: [{that: it is whole, says: ^one$}]}
`)
	if err := w.Run(t.Context(), choices(Do, Do, Back, Skip)); err != nil {
		t.Error(err)
	}
	w, _ = walkOf(t, "  - {title: write, text: w, edit: {file: x, text: one}}\n  - {title: look, text: l, run: ls x, exit: 2}\n")
	if err := w.Run(t.Context(), choices(Do, Back, Skip)); err != nil {
		t.Error(err)
	}
}

func TestACommandThatGoesOn(t *testing.T) {
	w, _ := walkOf(t, `  - title: start
    text: s
    start: clock
    run: trap 'echo asked; exit' INT; echo ready; while :; do sleep 0.01; done
    expect: [{that: it is ready, log: clock, says: ^ready$, within: 1m}]
  - {title: stop, text: s, stop: clock, expect: [{that: it was asked to end, log: clock, says: ^asked$}]}
`)
	if err := w.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

func TestCtrlCEndsACommand(t *testing.T) {
	w, told := walkOf(t, "  - {title: wait, text: w, run: \"echo begun; sleep 1000\"}\n")
	ctx, cancel := context.WithCancel(t.Context())
	w.emit = func(e event.Event) {
		*told = append(*told, e)
		if _, begun := e.(event.ScenarioOutput); begun {
			cancel()
		}
	}
	f := fault.From(w.Run(ctx, nil))
	if f == nil || !strings.Contains(f.What, "broken off") || !strings.Contains(f.Fix, w.dir) {
		t.Errorf("it ends with %v", f)
	}
}

func TestWhereAScenarioCannotBegin(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"a folder with files": {Dir: full},
		"a missing program":   {Dir: t.TempDir(), Scenario: Scenario{Needs: []string{"no-such-program"}}},
	} {
		if _, err := Open(o); !fault.Is(err, fault.Usage) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
