package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Report is everything that was measured.
type Report struct {
	Version string   `json:"version"` // what "ccdev version" says
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	CPUs    int      `json:"cpus"`
	Rows    []Result `json:"rows"`
}

// Result is what became of a row, or of a part of one that measures several things. All numbers
// are in its unit, and 0 where nothing was measured.
type Result struct {
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Count   int       `json:"count"`             // of the samples
	Samples []float64 `json:"samples,omitempty"` // as they came, unless they are too many to read
	Min     float64   `json:"min"`
	Median  float64   `json:"median"`
	P95     float64   `json:"p95,omitempty"` // of enough samples
	P99     float64   `json:"p99,omitempty"` // of enough samples
	Max     float64   `json:"max"`
	Budget  *float64  `json:"budget,omitempty"`
	Verdict Verdict   `json:"verdict"`
	Why     string    `json:"why,omitempty"` // there are no samples, or the first of the failures that are counted
}

// Verdict is a result in a word.
type Verdict string

// The verdicts. A median decides: one slow run is the machine's.
const (
	Within   Verdict = "ok"
	Over     Verdict = "over budget"
	NoBudget Verdict = "no budget"
	NotRun   Verdict = "not run"
	Failed   Verdict = "failed"
)

// From so many samples on, at least one lies above the percentile. Below it would be the maximum.
const (
	forP95 = 20
	forP99 = 100
)

// maxSamples is how many samples the report has one by one.
const maxSamples = 100

func newReport(version string) Report {
	return Report{Version: version, OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
}

func (r Report) failed() bool {
	return slices.ContainsFunc(r.Rows, func(row Result) bool { return row.Verdict == Failed })
}

// summary sums samples up.
func summary(name, unit string, samples []float64) Result {
	if len(samples) == 0 {
		return Result{Name: name, Unit: unit, Verdict: Failed, Why: "nothing was measured"}
	}
	result := Result{Name: name, Unit: unit, Count: len(samples), Verdict: NoBudget}
	if len(samples) <= maxSamples {
		result.Samples = samples
	}
	sorted := slices.Sorted(slices.Values(samples))
	result.Min, result.Median, result.Max = sorted[0], median(sorted), sorted[len(sorted)-1]
	if len(sorted) >= forP95 {
		result.P95 = percentile(sorted, 95)
	}
	if len(sorted) >= forP99 {
		result.P99 = percentile(sorted, 99)
	}
	return result
}

// within judges a result, if there is one, by a budget in its unit.
func (r Result) within(budget float64) Result {
	r.Budget = &budget
	switch {
	case r.Count == 0:
	case r.Median > budget:
		r.Verdict = Over
	default:
		r.Verdict = Within
	}
	return r
}

func median(sorted []float64) float64 {
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// percentile is the least sample that p percent of all do not exceed.
func percentile(sorted []float64, p int) float64 {
	return sorted[(len(sorted)*p+99)/100-1]
}

// JSON is the report as one document.
func (r Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// Table is the report for people.
func (r Report) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d CPUs\n\n", r.Version, r.CPUs)
	cells := [][]string{{"", "samples", "min", "median", "p95", "p99", "max", "budget", "verdict"}}
	for _, row := range r.Rows {
		cells = append(cells, row.cells())
	}
	widths := widthsOf(cells)
	last := len(widths) - 1
	for _, line := range cells {
		fmt.Fprintf(&b, "%-*s", widths[0], line[0])
		for i, cell := range line[1:last] {
			fmt.Fprintf(&b, "  %*s", widths[i+1], cell)
		}
		fmt.Fprintf(&b, "  %s\n", line[last])
	}
	return b.String()
}

func widthsOf(cells [][]string) []int {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func (r Result) cells() []string {
	cells := []string{
		r.Name, r.from(1, strconv.Itoa(r.Count)),
		r.from(2, amount(r.Min, r.Unit)), r.from(1, amount(r.Median, r.Unit)),
		r.from(forP95, amount(r.P95, r.Unit)), r.from(forP99, amount(r.P99, r.Unit)),
		r.from(2, amount(r.Max, r.Unit)),
	}
	budget := "-"
	if r.Budget != nil {
		budget = amount(*r.Budget, r.Unit)
	}
	return append(cells, budget, r.verdict())
}

// from is a cell that says something from so many samples on.
func (r Result) from(samples int, cell string) string {
	if r.Count < samples {
		return "-"
	}
	return cell
}

func (r Result) verdict() string {
	verdict := string(r.Verdict)
	if r.Verdict == NoBudget {
		verdict = "-"
	}
	if why, _, _ := strings.Cut(r.Why, "\n"); why != "" { // the report has all of it
		verdict += ": " + why
	}
	return verdict
}

// amount shows as many digits as mean something.
func amount(value float64, unit string) string {
	if unit == unitCount {
		return fmt.Sprintf("%.0f", value)
	}
	digits := 2
	switch size := math.Abs(value); {
	case size >= 100:
		digits = 0
	case size >= 10:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, value, unit)
}
