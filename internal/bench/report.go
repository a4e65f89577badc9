package bench

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"
)

// Report is everything that was measured.
type Report struct {
	Version string   `json:"version"` // what "ccdev version" says
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	CPUs    int      `json:"cpus"`
	Runs    int      `json:"runs"` // that count, for each row
	Rows    []Result `json:"rows"`
}

// Result is what became of a row. All numbers are in its unit. Min, Median and Max are 0 where
// nothing was measured, and Budget where there is none.
type Result struct {
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Samples []float64 `json:"samples,omitempty"` // as they came
	Min     float64   `json:"min"`
	Median  float64   `json:"median"`
	Max     float64   `json:"max"`
	Budget  float64   `json:"budget,omitempty"`
	Verdict Verdict   `json:"verdict"`
	Why     string    `json:"why,omitempty"` // there are no samples
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

func newReport(version string, runs int) Report {
	return Report{Version: version, OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Runs: runs}
}

func (r Report) failed() bool {
	return slices.ContainsFunc(r.Rows, func(row Result) bool { return row.Verdict == Failed })
}

func (r row) without(why string) Result {
	return Result{Name: r.name, Unit: r.unit, Budget: r.budget, Verdict: NotRun, Why: why}
}

func (r row) failed(err error) Result {
	return Result{Name: r.name, Unit: r.unit, Budget: r.budget, Verdict: Failed, Why: err.Error()}
}

// summary judges a row by at least one sample.
func (r row) summary(samples []float64) Result {
	result := Result{Name: r.name, Unit: r.unit, Budget: r.budget, Samples: samples, Verdict: Within}
	sorted := slices.Sorted(slices.Values(samples))
	result.Min, result.Median, result.Max = sorted[0], median(sorted), sorted[len(sorted)-1]
	switch {
	case r.budget == 0:
		result.Verdict = NoBudget
	case result.Median > r.budget:
		result.Verdict = Over
	}
	return result
}

func median(sorted []float64) float64 {
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// JSON is the report as one document.
func (r Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// Table is the report for people.
func (r Report) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d CPUs, %d runs each\n\n", r.Version, r.CPUs, r.Runs)
	cells := [][]string{{"", "min", "median", "max", "budget", "verdict"}}
	for _, row := range r.Rows {
		cells = append(cells, row.cells())
	}
	widths := widthsOf(cells)
	for _, line := range cells {
		fmt.Fprintf(&b, "%-*s", widths[0], line[0])
		for i, cell := range line[1:5] {
			fmt.Fprintf(&b, "  %*s", widths[i+1], cell)
		}
		fmt.Fprintf(&b, "  %s\n", line[5])
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
	budget := "-"
	if r.Budget != 0 {
		budget = amount(r.Budget, r.Unit)
	}
	if len(r.Samples) == 0 {
		why, _, _ := strings.Cut(r.Why, "\n") // the report has all of it
		return []string{r.Name, "-", "-", "-", budget, string(r.Verdict) + ": " + why}
	}
	verdict := string(r.Verdict)
	if r.Verdict == NoBudget {
		verdict = "-"
	}
	return []string{r.Name, amount(r.Min, r.Unit), amount(r.Median, r.Unit), amount(r.Max, r.Unit), budget, verdict}
}

// amount shows as many digits as mean something.
func amount(value float64, unit string) string {
	if value >= 100 {
		return fmt.Sprintf("%.0f %s", value, unit)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
