package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChoose(t *testing.T) {
	all := []row{{name: "up, docker"}, {name: "up, process"}, {name: "version"}}
	tests := []struct {
		only string
		want string // names, or a part of the error behind a "!"
	}{
		{"", "up, docker|up, process|version"},
		{"^up", "up, docker|up, process"},
		{"process|version", "up, process|version"},
		{"down", "!there are:\n  up, docker\n  up, process\n  version"},
		{"(", "!-only"},
	}
	for _, tt := range tests {
		t.Run(tt.only, func(t *testing.T) {
			chosen, err := choose(all, tt.only)
			if part, bad := strings.CutPrefix(tt.want, "!"); bad {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Fatalf("got %v, want an error with %q", err, part)
				}
				return
			}
			var names []string
			for _, r := range chosen {
				names = append(names, r.name)
			}
			if got := strings.Join(names, "|"); err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestRowsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows(200) {
		if seen[r.name] {
			t.Errorf("two rows are named %q", r.name)
		}
		seen[r.name] = true
		if (r.once == nil) == (r.several == nil) {
			t.Errorf("%s: a row gives one value a run, or several results", r.name)
		}
		if (r.runtime == "") != (r.orgs == 0) {
			t.Errorf("%s: a row with a network has a runtime and orgs", r.name)
		}
	}
}

// fakeCCDev is a program that notes its arguments in the file calls next to it, and then does
// what a line of shell says.
func fakeCCDev(t *testing.T, does string) (program string, calls func() []string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a shell script stands for ccdev")
	}
	dir := t.TempDir()
	program = filepath.Join(dir, "ccdev")
	script := "#!/bin/sh\necho \"$*\" >> '" + dir + "/calls'\n" + does + "\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, func() []string {
		text, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

// isolated has temporary folders made in a folder of the test's, and gives what is left in it.
func isolated(t *testing.T) (left func() []os.DirEntry) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return func() []os.DirEntry {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
}

const inits = `[ "$1" != init ] || mkdir "$2"` + "\n"

func TestMainMeasures(t *testing.T) {
	program, calls := fakeCCDev(t, inits)
	left := isolated(t)
	file := filepath.Join(t.TempDir(), "bench.json")
	var table bytes.Buffer
	code := Main(t.Context(), []string{"-ccdev", program, "-runs", "2", "-only", "^up -d, process, 2", "-o", file}, &table, io.Discard)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, &table)
	}
	want := []string{"version", "images list", "init", "up", "down -v", "up", "down -v", "up", "down -v", "down -v"}
	var got []string
	for _, c := range calls() {
		for _, verb := range []string{"init", "up"} {
			if strings.HasPrefix(c, verb+" ") {
				c = verb
			}
		}
		got = append(got, c)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(table.String(), "up -d, process, 2 orgs") {
		t.Errorf("no row in the table:\n%s", &table)
	}
	var r Report
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil || len(r.Rows) != 1 || r.Rows[0].Count != 2 {
		t.Errorf("the report has not one row of the two runs that count: %+v, %v", r, err)
	}
	if l := left(); len(l) > 0 {
		t.Errorf("left: %v", l)
	}
}

func TestMainTakesDownWhatFailed(t *testing.T) {
	program, calls := fakeCCDev(t, inits+`[ "$1" != up ] || { echo no luck >&2; exit 4; }`)
	left := isolated(t)
	var table bytes.Buffer
	if code := Main(t.Context(), []string{"-ccdev", program, "-only", "^invoke, process"}, &table, io.Discard); code != 1 {
		t.Errorf("exit code %d", code)
	}
	all := calls()
	if last := all[len(all)-1]; last != "down -v" {
		t.Errorf("the last call is %q", last)
	}
	if !strings.Contains(table.String(), "failed: ccdev up -d") {
		t.Errorf("the table does not say what failed:\n%s", &table)
	}
	if l := left(); len(l) > 0 {
		t.Errorf("left: %v", l)
	}
}

func TestMainKeepsTheFolderOfANetworkItCannotRemove(t *testing.T) {
	program, _ := fakeCCDev(t, inits+`[ "$1" != down ] || exit 1`)
	left := isolated(t)
	var progress bytes.Buffer
	Main(t.Context(), []string{"-ccdev", program, "-only", "^invoke, process"}, io.Discard, &progress)
	if len(left()) != 1 || !strings.Contains(progress.String(), "a network was left in ") {
		t.Errorf("left %v, said:\n%s", left(), &progress)
	}
}

func TestMainWithoutDocker(t *testing.T) {
	program, _ := fakeCCDev(t, inits+`[ "$1" != images ] || exit 3`)
	isolated(t)
	var table bytes.Buffer
	if code := Main(t.Context(), []string{"-ccdev", program, "-swaps", "7", "-only", "^reload, docker|swaps, docker"}, &table, io.Discard); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if strings.Count(table.String(), "not run: no Docker") != 2 || !strings.Contains(table.String(), "\n7 swaps, docker ") {
		t.Errorf("got:\n%s", &table)
	}
}

// TestResults measures rows of every kind in a project whose up does nothing.
func TestResults(t *testing.T) {
	program, calls := fakeCCDev(t, inits)
	isolated(t)
	runs := 0
	once := func(ctx context.Context, p *project) (float64, error) {
		runs++
		_, err := p.ccdev(ctx, "run")
		return float64(runs), err
	}
	several := func(_ context.Context, p *project) ([]Result, error) {
		return []Result{summary(p.row.name+": a", unitTime, []float64{1}), summary(p.row.name+": b", unitRate, []float64{2})}, nil
	}
	fails := func(context.Context, *project) ([]Result, error) { return nil, errors.New("no luck") }
	tests := []struct {
		row  row
		runs int
		want string
	}{
		{row{name: "as often as is asked for", budget: 2, once: once}, 3, "as often as is asked for 2.5 over budget"},
		{row{name: "as often as it says", runs: 4, once: once}, 5, "as often as it says 3.5 no budget"},
		{row{name: "several", several: several}, 0, "several: a 1 no budget; several: b 2 no budget"},
		{row{name: "none", several: fails}, 0, "none 0 failed: no luck"},
	}
	for _, tt := range tests {
		t.Run(tt.row.name, func(t *testing.T) {
			runs = 0
			tt.row.begin = up
			var got []string
			for _, r := range (bench{ccdev: program, runs: 2, progress: io.Discard}).results(t.Context(), tt.row) {
				text := fmt.Sprint(r.Name, " ", r.Median, " ", r.Verdict)
				if r.Why != "" {
					text += ": " + r.Why
				}
				got = append(got, text)
			}
			if joined := strings.Join(got, "; "); joined != tt.want || runs != tt.runs {
				t.Errorf("got %q after %d runs, want %q after %d", joined, runs, tt.want, tt.runs)
			}
			if all := calls(); all[len(all)-1] != "down -v" {
				t.Errorf("the last call is %q", all[len(all)-1])
			}
		})
	}
}

func TestMainRefuses(t *testing.T) {
	program, _ := fakeCCDev(t, "")
	isolated(t)
	tests := map[string][]string{
		"an unknown flag":         {"-ccdev", program, "-fast"},
		"an argument":             {"-ccdev", program, "up"},
		"no runs":                 {"-ccdev", program, "-runs", "0"},
		"no swaps":                {"-ccdev", program, "-swaps", "0"},
		"rows there are not":      {"-ccdev", program, "-only", "sideways"},
		"a program there is not":  {"-ccdev", filepath.Join(t.TempDir(), "ccdev")},
		"a pattern that is wrong": {"-ccdev", program, "-only", "("},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			if code := Main(t.Context(), args, io.Discard, io.Discard); code != 2 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
