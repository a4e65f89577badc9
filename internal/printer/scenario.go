package printer

import (
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/event"
)

// scenarioStep prints a step of a scenario: what it is about, and what it does.
func (p *Plain) scenarioStep(e event.ScenarioStep) {
	p.line("\n" + p.colored("\x1b[1m", fmt.Sprintf("── %d/%d  %s", e.Number, e.Total, e.Title)) + "\n")
	p.line(strings.TrimRight(CleanText(e.Text), "\n"))
	if e.File != "" {
		p.line("\n" + e.File + ":")
	}
	for line := range strings.Lines(CleanText(e.Change)) {
		p.line("  " + p.colored("\x1b[36m", strings.TrimSuffix(line, "\n")))
	}
	if e.Command != "" {
		p.line("")
	}
	for line := range strings.Lines(strings.TrimRight(CleanText(e.Command), "\n")) {
		p.line(p.colored("\x1b[36m", "$ "+strings.TrimSuffix(line, "\n")))
	}
}

func (p *Plain) scenarioOutput(e event.ScenarioOutput) {
	p.line("  " + Clean(e.Text))
}

func (p *Plain) scenarioCheck(e event.ScenarioCheck) {
	p.line(p.colored("\x1b[32m", "✓ ") + CleanText(e.That))
}
