package bench

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummary(t *testing.T) {
	tests := []struct {
		name    string
		samples []float64
		budget  float64
		want    [3]float64 // min, median, max
		verdict Verdict
	}{
		{"one sample", []float64{7}, 10, [3]float64{7, 7, 7}, Within},
		{"an odd number, out of order", []float64{9, 1, 5}, 5, [3]float64{1, 5, 9}, Within},
		{"an even number", []float64{4, 1, 2, 9}, 3, [3]float64{1, 3, 9}, Within},
		{"over by its median", []float64{1, 6, 7}, 5, [3]float64{1, 6, 7}, Over},
		{"one slow run", []float64{1, 2, 70}, 5, [3]float64{1, 2, 70}, Within},
		{"no budget", []float64{1, 2, 3}, 0, [3]float64{1, 2, 3}, NoBudget},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			order := append([]float64(nil), tt.samples...)
			r := row{name: "x", unit: unitTime, budget: tt.budget}.summary(tt.samples)
			if got := [3]float64{r.Min, r.Median, r.Max}; got != tt.want || r.Verdict != tt.verdict {
				t.Errorf("got %v, %q; want %v, %q", got, r.Verdict, tt.want, tt.verdict)
			}
			if diff := cmp.Diff(order, r.Samples); diff != "" {
				t.Errorf("the samples are not as they came:\n%s", diff)
			}
		})
	}
}

func report() Report {
	return Report{Version: "ccdev 1", CPUs: 2, Runs: 3, Rows: []Result{
		row{name: "up", unit: unitTime, budget: 2000}.summary([]float64{1999.6, 1500, 2400}),
		row{name: "idle memory", unit: unitMemory, budget: 80}.summary([]float64{81.25, 82, 83}),
		row{name: "query", unit: unitTime}.summary([]float64{8.04, 9, 10}),
		row{name: "reload", unit: unitTime, budget: 900}.without("no Docker"),
		row{name: "version", unit: unitTime, budget: 40}.failed(errors.New("exit status 1\nand more")),
	}}
}

func TestTable(t *testing.T) {
	want := `ccdev 1, 2 CPUs, 3 runs each

                  min    median       max    budget  verdict
up            1500 ms   2000 ms   2400 ms   2000 ms  ok
idle memory  81.2 MiB  82.0 MiB  83.0 MiB  80.0 MiB  over budget
query          8.0 ms    9.0 ms   10.0 ms         -  -
reload              -         -         -    900 ms  not run: no Docker
version             -         -         -   40.0 ms  failed: exit status 1
`
	if diff := cmp.Diff(want, report().Table()); diff != "" {
		t.Error(diff)
	}
}

func TestReportIsOneDocument(t *testing.T) {
	text, err := report().JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report(), back); diff != "" {
		t.Error(diff)
	}
}

func TestReportFailed(t *testing.T) {
	within := row{}.summary([]float64{1})
	over := row{budget: 1}.summary([]float64{2})
	notRun := row{}.without("no Docker")
	failed := row{}.failed(errors.New("no"))
	if r := (Report{Rows: []Result{within, over, notRun}}); r.failed() {
		t.Error("a row over budget, or not run, is no failure")
	}
	if r := (Report{Rows: []Result{within, failed}}); !r.failed() {
		t.Error("a row that could not be measured is a failure")
	}
}
