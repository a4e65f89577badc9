// Package bench measures ccdev against its budgets.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

type options struct {
	ccdev string // the program to measure, absolute
	out   string // the file for the report, or none
	runs  int    // that count, of a row that does not say it itself; one more goes before them
	rows  []row
}

// Main measures what args ask for, prints a table on out, and returns the exit code: 0 when
// everything could be measured, over budget or not, and 1 when something could not. What is
// being done goes to progress.
func Main(ctx context.Context, args []string, out, progress io.Writer) int {
	o, err := parse(args, progress)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		say(progress, "error: %v", err)
		return 2
	}
	report, err := measureAll(ctx, o, progress)
	if err == nil {
		err = publish(report, o.out, out)
	}
	switch {
	case ctx.Err() != nil:
		say(progress, "interrupted; every network that was made is gone, unless it is named above")
		return 130
	case err != nil:
		say(progress, "error: %v", err)
		return 1
	case report.failed():
		return 1
	}
	return 0
}

// say writes a line that is only for the eye: there is nowhere to say that it could not be.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

func parse(args []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&o.ccdev, "ccdev", filepath.Join("bin", "ccdev"), "the ccdev `program` to measure")
	flags.StringVar(&o.out, "o", "", "write the report as JSON to this `file`")
	flags.IntVar(&o.runs, "runs", 5, "how often a row is measured that has no count of its own, after one run that does not count")
	swaps := flags.Int("swaps", 200, "how many swaps there are under load")
	only := flags.String("only", "", "measure only rows whose name, up to its colon, matches this `regexp`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if o.runs < 1 {
		return o, fmt.Errorf("-runs %d measures nothing", o.runs)
	}
	if *swaps < 1 {
		return o, fmt.Errorf("-swaps %d measures nothing", *swaps)
	}
	var err error
	if o.rows, err = choose(rows(*swaps), *only); err != nil {
		return o, err
	}
	if o.ccdev, err = filepath.Abs(o.ccdev); err != nil {
		return o, err
	}
	if _, err := exec.LookPath(o.ccdev); err != nil {
		return o, fmt.Errorf("there is no ccdev to measure, build it with \"make build\": %w", err)
	}
	return o, nil
}

// publish prints the table, and writes the report to a file if there is a name for it.
func publish(r Report, file string, table io.Writer) error {
	if _, err := io.WriteString(table, r.Table()); err != nil {
		return err
	}
	if file == "" {
		return nil
	}
	text, err := r.JSON()
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func measureAll(ctx context.Context, o options, progress io.Writer) (Report, error) {
	b := bench{ccdev: o.ccdev, runs: o.runs, progress: progress}
	version, err := b.version(ctx)
	if err != nil {
		return Report{}, err
	}
	if b.docker, err = b.hasDocker(ctx); err != nil {
		return Report{}, err
	}
	report := newReport(version)
	for _, r := range o.rows {
		if ctx.Err() != nil {
			break
		}
		report.Rows = append(report.Rows, b.results(ctx, r)...)
	}
	return report, ctx.Err()
}

// choose gives the rows whose name matches the regexp.
func choose(all []row, only string) ([]row, error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	var chosen []row
	var names []string
	for _, r := range all {
		names = append(names, r.name)
		if pattern.MatchString(r.name) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no row matches -only %q; there are:\n  %s", only, strings.Join(names, "\n  "))
	}
	return chosen, nil
}

// bench is what measuring any row needs.
type bench struct {
	ccdev    string
	runs     int
	docker   bool // its daemon answers
	progress io.Writer
}

func (b bench) version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, b.ccdev, "version").Output()
	if err != nil {
		return "", fmt.Errorf("%s version: %w", b.ccdev, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// unreachable is ccdev's exit code where Docker does not answer.
const unreachable = 3

// hasDocker asks ccdev, which finds the daemon in its own way.
func (b bench) hasDocker(ctx context.Context) (bool, error) {
	err := exec.CommandContext(ctx, b.ccdev, "images", "list").Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == unreachable {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s images list: %w", b.ccdev, err)
	}
	return true, nil
}

// results measures a row.
func (b bench) results(ctx context.Context, r row) []Result {
	if r.runtime == dockerRuntime && !b.docker {
		return []Result{r.without(NotRun, "no Docker")}
	}
	say(b.progress, "measuring %s", r.name)
	results, err := b.measure(ctx, r)
	if err != nil {
		say(b.progress, "  %v", err)
		return []Result{r.without(Failed, err.Error())}
	}
	return results
}

// measure measures a row in a project of its own, and leaves nothing of that.
func (b bench) measure(ctx context.Context, r row) (results []Result, err error) {
	p, err := b.newProject(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	if r.begin != nil {
		if err := r.begin(ctx, p); err != nil {
			return nil, err
		}
	}
	if r.several != nil {
		return r.several(ctx, p)
	}
	samples, err := b.samples(ctx, p)
	if err != nil {
		return nil, err
	}
	return []Result{r.judge(summary(r.name, r.unit, samples))}, nil
}

// samples measures one thing again and again.
func (b bench) samples(ctx context.Context, p *project) ([]float64, error) {
	runs := b.runs
	if p.row.runs > 0 {
		runs = p.row.runs
	}
	var samples []float64
	for i := range runs + 1 {
		value, err := p.row.once(ctx, p)
		if err != nil {
			return nil, err
		}
		if i > 0 { // the first one fills the caches
			samples = append(samples, value)
		}
	}
	return samples, nil
}

// milliseconds is how rows give durations.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
