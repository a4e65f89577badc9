package bench

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummary(t *testing.T) {
	tests := []struct {
		name    string
		samples []float64
		want    [3]float64 // min, median, max
	}{
		{"one sample", []float64{7}, [3]float64{7, 7, 7}},
		{"an odd number, out of order", []float64{9, 1, 5}, [3]float64{1, 5, 9}},
		{"an even number", []float64{4, 1, 2, 9}, [3]float64{1, 3, 9}},
		{"less than nothing", []float64{-2, -1}, [3]float64{-2, -1.5, -1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			order := append([]float64(nil), tt.samples...)
			r := summary("x", unitTime, tt.samples)
			if got := [3]float64{r.Min, r.Median, r.Max}; got != tt.want || r.Count != len(order) || r.Verdict != NoBudget {
				t.Errorf("got %v of %d, %q; want %v", got, r.Count, r.Verdict, tt.want)
			}
			if diff := cmp.Diff(order, r.Samples); diff != "" {
				t.Errorf("the samples are not as they came:\n%s", diff)
			}
		})
	}
	if r := summary("x", unitTime, nil); r.Verdict != Failed || r.Why == "" {
		t.Errorf("of no samples: %+v", r)
	}
}

func TestPercentiles(t *testing.T) {
	tests := []struct {
		samples  int // 1, 2, 3, …
		p95, p99 float64
		listed   int
	}{
		{19, 0, 0, 19},
		{20, 19, 0, 20},
		{99, 95, 0, 99},
		{100, 95, 99, 100},
		{101, 96, 100, 0},
		{10000, 9500, 9900, 0},
	}
	for _, tt := range tests {
		var samples []float64
		for _, i := range rand.Perm(tt.samples) {
			samples = append(samples, float64(i+1))
		}
		r := summary("x", unitTime, samples)
		if r.P95 != tt.p95 || r.P99 != tt.p99 || len(r.Samples) != tt.listed {
			t.Errorf("of %d: p95 %v, p99 %v, %d listed; want %+v", tt.samples, r.P95, r.P99, len(r.Samples), tt)
		}
	}
}

func TestWithin(t *testing.T) {
	tests := []struct {
		name    string
		samples []float64
		budget  float64
		want    Verdict
	}{
		{"all that is allowed", []float64{5}, 5, Within},
		{"over by its median", []float64{1, 6, 7}, 5, Over},
		{"one slow run", []float64{1, 2, 70}, 5, Within},
		{"none is allowed, and none is there", []float64{0}, 0, Within},
		{"none is allowed", []float64{1}, 0, Over},
		{"nothing to judge", nil, 5, Failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := summary("x", unitTime, tt.samples).within(tt.budget)
			if r.Verdict != tt.want || r.Budget == nil || *r.Budget != tt.budget {
				t.Errorf("got %q, budget %v", r.Verdict, r.Budget)
			}
		})
	}
}

func report() Report {
	var many []float64
	for i := range 1000 {
		many = append(many, float64(i+1)/100)
	}
	failures := summary("failed", unitCount, []float64{3}).within(0)
	failures.Why = "the peer hung up\nand more"
	return Report{Version: "ccdev 1", CPUs: 2, Rows: []Result{
		summary("up", unitTime, []float64{1999.6, 1500, 2400}).within(2000),
		summary("idle memory", unitMemory, []float64{81.25, 82, 83}).within(80),
		summary("query", unitTime, many),
		summary("relay's cost", unitTime, []float64{-0.061}).within(0.15),
		summary("save to answer", unitTime, many[:20]),
		failures,
		row{name: "reload", unit: unitTime, budget: 900}.without(NotRun, "no Docker"),
		row{name: "swaps"}.without(Failed, "exit status 1\nand more"),
	}}
}

func TestTable(t *testing.T) {
	want := `ccdev 1, 2 CPUs

                samples       min    median      p95      p99       max    budget  verdict
up                    3   1500 ms   2000 ms        -        -   2400 ms   2000 ms  ok
idle memory           3  81.2 MiB  82.0 MiB        -        -  83.0 MiB  80.0 MiB  over budget
query              1000   0.01 ms   5.00 ms  9.50 ms  9.90 ms   10.0 ms         -  -
relay's cost          1         -  -0.06 ms        -        -         -   0.15 ms  ok
save to answer       20   0.01 ms   0.11 ms  0.19 ms        -   0.20 ms         -  -
failed                1         -         3        -        -         -         0  over budget: the peer hung up
reload                -         -         -        -        -         -    900 ms  not run: no Docker
swaps                 -         -         -        -        -         -         -  failed: exit status 1
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
	within := summary("x", unitTime, []float64{1})
	over := summary("x", unitTime, []float64{2}).within(1)
	notRun := row{}.without(NotRun, "no Docker")
	failed := row{}.without(Failed, "no")
	if r := (Report{Rows: []Result{within, over, notRun}}); r.failed() {
		t.Error("a row over budget, or not run, is no failure")
	}
	if r := (Report{Rows: []Result{within, failed}}); !r.failed() {
		t.Error("a row that could not be measured is a failure")
	}
}
