package session

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ccdev/ccdev/internal/topology"
)

// builds stands for a build: like the go command, it puts a new file in the old one's place.
func builds(t *testing.T, dir, content string) string {
	t.Helper()
	program := filepath.Join(dir, "build", "chaincode")
	if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program+".new", []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(program+".new", program); err != nil {
		t.Fatal(err)
	}
	return program
}

func next(t *testing.T, dir, content string, replace bool) topology.Generation {
	t.Helper()
	g, err := nextGeneration(dir, builds(t, dir, content), replace)
	if err != nil {
		t.Fatal(err)
	}
	if has := read(t, g.Program); has != content {
		t.Errorf("generation %d is %q, and %q was built", g.Number, has, content)
	}
	return g
}

func keep(t *testing.T, dir string, g topology.Generation) {
	t.Helper()
	if err := keepGeneration(dir, g); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGenerations(t *testing.T) {
	for name, tc := range map[string]struct {
		kept    []string // programs of the generations that ran
		build   string
		replace bool
		want    int
	}{
		"the first":                     {build: "a", want: 1},
		"the first, asked to replace":   {build: "a", replace: true, want: 1},
		"the same again":                {kept: []string{"a"}, build: "a", want: 1},
		"the same, asked to replace":    {kept: []string{"a"}, build: "a", replace: true, want: 2},
		"another one":                   {kept: []string{"a"}, build: "b", want: 2},
		"back to the one before":        {kept: []string{"a", "b"}, build: "a", want: 3},
		"the same as the newest":        {kept: []string{"a", "b"}, build: "b", want: 2},
		"another one, asked to replace": {kept: []string{"a", "b"}, build: "c", replace: true, want: 3},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, content := range tc.kept {
				keep(t, dir, next(t, dir, content, false))
			}
			if g := next(t, dir, tc.build, tc.replace); g.Number != tc.want {
				t.Errorf("it is generation %d, want %d", g.Number, tc.want)
			}
		})
	}
}

func TestABuildLeavesTheRunningGenerationAlone(t *testing.T) {
	dir := t.TempDir()
	running := next(t, dir, "a", false)
	keep(t, dir, running)
	next(t, dir, "b", false)
	if got := read(t, running.Program); got != "a" {
		t.Errorf("the program that runs became %q", got)
	}
}

// One that did not get ready keeps its number, so that the next one is a start of its own.
func TestAGenerationThatNeverRan(t *testing.T) {
	dir := t.TempDir()
	keep(t, dir, next(t, dir, "a", false))
	for i, build := range []struct {
		content string
		replace bool
		want    int
	}{{"crashes", false, 2}, {"crashes", false, 2}, {"crashes", true, 3}, {"mended", false, 4}} {
		if g := next(t, dir, build.content, build.replace); g.Number != build.want {
			t.Errorf("build %d is generation %d, want %d", i, g.Number, build.want)
		}
	}
	if g, err := runningGeneration(dir); err != nil || g.Number != 1 || read(t, g.Program) != "a" {
		t.Errorf("what runs is %+v (%v)", g, err)
	}
}

func TestKeepDropsTheProgramsBefore(t *testing.T) {
	dir := t.TempDir()
	for _, content := range []string{"a", "b", "c"} {
		keep(t, dir, next(t, dir, content, false))
	}
	for path, want := range map[string]bool{"1": false, "2": false, "3": true, "build": true, "generation.json": true} {
		if _, err := os.Stat(filepath.Join(dir, path)); (err == nil) != want {
			t.Errorf("%s is to be there: %t; %v", path, want, err)
		}
	}
	if r, err := recordedGeneration(dir); err != nil || r.Live != 3 {
		t.Errorf("the record is %+v (%v)", r, err)
	}
}
