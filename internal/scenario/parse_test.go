package scenario

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/scenarios"
)

const head = "title: T\nlearn: [x]\ncleanup: 'true'\nsteps:\n"

func TestWhatAScriptMustSay(t *testing.T) {
	for name, tc := range map[string]struct{ script, says string }{
		"no title":            {"learn: [x]\ncleanup: c\nsteps: [{title: a, text: b}]\n", "it has no title"},
		"no steps":            {"title: T\nlearn: [x]\ncleanup: c\n", "it has no steps"},
		"an unknown field":    {head + "  - title: a\n    text: b\n    command: ls\n", ">  7 |     command: ls"},
		"a step without text": {head + "  - title: a\n", "a step has a title and a text"},
		"two deeds":           {head + "  - {title: a, text: b, run: ls, stop: x}\n", "one of them"},
		"a start of nothing":  {head + "  - title: a\n    text: b\n    start: x\n", ">  7 |     start: x"},
		"a stop of nothing":   {head + "  - title: a\n    text: b\n    stop: x\n", `no step before it starts "x"`},
		"another runtime":     {head + "  - title: a\n    text: b\n    runtime: podman\n", `"podman" is neither docker nor process`},
		"a file elsewhere":    {head + "  - title: a\n    text: b\n    edit: {file: ../x, text: y}\n", `"../x" is no file below`},
		"an edit two ways":    {head + "  - title: a\n    text: b\n    edit: {file: x, text: y, old: z}\n", "an edit has a text, or from, or old and new"},
		"a missing source":    {head + "  - title: a\n    text: b\n    edit: {file: x, from: y}\n", "open t/y: file does not exist"},
		"a check of nothing":  {head + "  - title: a\n    text: b\n    expect: [{that: c}]\n", "a check says what it expects"},
		"a check of two":      {head + "  - title: a\n    text: b\n    expect: [{that: c, says: d, run: e, file: f}]\n", "one of them"},
		"a check in no words": {head + "  - title: a\n    text: b\n    expect: [{says: d}]\n", "in words"},
		"a broken expression": {head + "  - title: a\n    text: b\n    expect:\n      - {that: c, says: '('}\n", ">  8 |       - {that: c, says: '('}"},
		"a broken duration":   {head + "  - title: a\n    text: b\n    expect: [{that: c, says: d, within: soon}]\n", `invalid duration "soon"`},
		"a log of nothing":    {head + "  - title: a\n    text: b\n    expect: [{that: c, says: d, log: x}]\n", `no step before it starts "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"t/scenario.yaml": {Data: []byte(tc.script)}}, "t")
			if !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("the error is %v, and should say %q", err, tc.says)
			}
		})
	}
}

func TestAScenarioOnARuntime(t *testing.T) {
	s, err := Load(fstest.MapFS{
		"t/scenario.yaml": {Data: []byte(head + `  - {title: a, text: "at ${PORT}", runtime: docker, needs: [docker]}
  - title: b
    text: at ${PORT} and ${OTHER}
    edit: {file: x, from: y.txt}
    expect: [{that: c, run: "echo ${PORT}", says: "${PORT}"}]
`)},
		"t/y.txt": {Data: []byte("port=${PORT}")},
	}, "t")
	if err != nil {
		t.Fatal(err)
	}
	on := s.On("process", map[string]string{"PORT": "7"})
	if needs := s.On("docker", nil).Needs; len(on.Needs) != 0 || !slices.Equal(needs, []string{"docker"}) {
		t.Errorf("it needs %q, and on docker %q", on.Needs, needs)
	}
	if len(on.Steps) != 1 {
		t.Fatalf("it has the steps %v", on.Steps)
	}
	step := on.Steps[0]
	if step.Text != "at 7 and ${OTHER}" || step.Edit.Text != "port=7" || step.Expect[0].Run != "echo 7" || step.Expect[0].Says != "7" {
		t.Errorf("its step is %+v %+v", step, step.Edit)
	}
	if s.Steps[1].Edit.Text != "port=${PORT}" || len(s.On("docker", nil).Steps) != 2 {
		t.Error("the scenario itself was changed")
	}
}

func TestUnknownScenario(t *testing.T) {
	if _, err := Load(scenarios.Files, "nobody"); !fault.Is(err, fault.Usage) {
		t.Errorf("the error is %v", err)
	}
}

// What is written and in no list is found by nobody.
func TestEveryScenarioHasItsPlace(t *testing.T) {
	entries, err := scenarios.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		folders = append(folders, e.Name())
	}
	all, err := List(scenarios.Files, scenarios.Names())
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, s := range all {
		listed = append(listed, s.Name)
	}
	slices.Sort(listed)
	if !slices.Equal(folders, listed) {
		t.Errorf("there are %v, and listed are %v", folders, listed)
	}
}
