// Package doctor looks for what may hinder a network on this machine, and says how to mend it.
package doctor

import (
	"context"
	"strings"
)

// State is what a check has found, in a word.
type State string

// The states of a finding.
const (
	OK      State = "ok"
	Warning State = "warning" // it works, but not as well as it could, or not for long
	Missing State = "missing" // it is not there, or does not work
)

// Finding is what one check has found.
type Finding struct {
	Name    string `json:"name"`
	State   State  `json:"state"`
	What    string `json:"what"`              // what there is
	Why     string `json:"why"`               // what it is for
	Fix     string `json:"fix,omitempty"`     // what to do about it
	Hinders bool   `json:"hinders,omitempty"` // "ccdev up" fails for it
	Fixed   bool   `json:"fixed,omitempty"`

	// Repair does what Fix says, where that can harm nobody. Nil where it is the user's to do.
	Repair func(ctx context.Context) error `json:"-"`
}

// Check looks at one thing, and changes nothing.
type Check func(ctx context.Context) Finding

// Examine runs the checks, one after the other.
func Examine(ctx context.Context, checks []Check) []Finding {
	findings := make([]Finding, 0, len(checks))
	for _, check := range checks {
		if ctx.Err() != nil {
			break
		}
		findings = append(findings, check(ctx))
	}
	return findings
}

// Treat repairs what can be repaired without harm, and says of each finding whether it did.
func Treat(ctx context.Context, findings []Finding) []Finding {
	for i, f := range findings {
		if f.Repair == nil {
			continue
		}
		if err := f.Repair(ctx); err != nil {
			findings[i].What += "; it could not be mended: " + err.Error()
			continue
		}
		findings[i].State, findings[i].Fixed, findings[i].Hinders = OK, true, false
	}
	return findings
}

// Hindrances are the names of the findings for which "ccdev up" fails.
func Hindrances(findings []Finding) []string {
	var names []string
	for _, f := range findings {
		if f.Hinders {
			names = append(names, f.Name)
		}
	}
	return names
}

// ok, warning and missing are findings of these states.
func ok(name, why, what string) Finding {
	return Finding{Name: name, State: OK, What: what, Why: why}
}

func warning(name, why, what, fix string) Finding {
	return Finding{Name: name, State: Warning, What: what, Why: why, Fix: fix}
}

func missing(name, why, what, fix string, hinders bool) Finding {
	return Finding{Name: name, State: Missing, What: what, Why: why, Fix: fix, Hinders: hinders}
}

// firstLine is what a program says first, as of its version.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
