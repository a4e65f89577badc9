package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/doctor"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

func newDoctorCmd(a *app) *cobra.Command {
	var fix bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what may hinder ccdev on this machine, and how to mend it",
		Long: `doctor looks at Docker, Go, Node, the room on the disk, ports, the clock, and at
what is left of projects whose folder is gone. It exits 0 when nothing hinders
"ccdev up". With --fix it removes those leftovers, and nothing else.`,
		Example: `  ccdev doctor
  ccdev doctor --fix
  ccdev doctor -o json`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), a, fix) },
	}
	cmd.Flags().BoolVar(&fix, "fix", false, "remove what projects have left whose folder is gone")
	return cmd
}

func runDoctor(ctx context.Context, a *app, fix bool) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	findings := s.Doctor(ctx, fix)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if a.output == outputJSON {
		err = a.printJSON(map[string]any{"healthy": len(doctor.Hindrances(findings)) == 0, "findings": findings})
	} else {
		err = a.printf("%s", report(findings))
	}
	if err != nil {
		return err
	}
	return session.Unhealthy(findings)
}

// report is what was found as text: why and what to do are said of what is not well.
func report(findings []doctor.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		state := string(f.State)
		if f.Fixed {
			state = "fixed"
		}
		fmt.Fprintf(&b, "%-8s %-20s %s\n", state, f.Name, indented(f.What))
		if f.State != doctor.OK {
			fmt.Fprintf(&b, "%-29s why: %s\n%-29s fix: %s\n", "", f.Why, "", indented(f.Fix))
		}
	}
	return b.String()
}

func indented(text string) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 30))
}
