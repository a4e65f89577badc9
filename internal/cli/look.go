package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

func newStatusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Show the network's services, addresses and chaincodes",
		Example: "  ccdev status\n  ccdev status -o json",
		Args:    arguments(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), a) },
	}
}

func runStatus(ctx context.Context, a *app) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	st, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(st)
	}
	text, err := statusText(st)
	if err != nil {
		return err
	}
	return a.printf("%s", text)
}

// statusText is a status for people to read.
func statusText(st session.Status) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is %s: Fabric %s on %s, channel %s", st.Project, st.State, st.Fabric, st.Runtime, st.Channel)
	if st.Height > 0 {
		b.WriteString(", " + blocks(st.Height))
	}
	b.WriteString("\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE\tSTATE\tADDRESS\tPID")
	for _, svc := range st.Services {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", svc.Name, stateText(svc), svc.Address, pidText(svc.PID))
	}
	fmt.Fprintln(w, "\nCHAINCODE\tVERSION\tSEQUENCE\tGENERATION\tPACKAGE ID")
	for _, cc := range st.Chaincodes {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s%s\n", cc.Name, cc.Version, cc.Sequence, cc.Generation, cc.PackageID, tlsText(cc.TLS))
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	for _, cc := range st.Chaincodes {
		switch {
		case cc.External != nil:
			fmt.Fprintf(&b, "\n%s: %s\n", cc.Name, cc.External)
		case cc.Reason != "":
			fmt.Fprintf(&b, "\n%s has nothing to run: %s\n", cc.Name, printer.CleanText(cc.Reason))
		case cc.Debugger != "":
			fmt.Fprintf(&b, "\n%s is being debugged, at %s: what is saved goes live when \"ccdev debug\" ends\n", cc.Name, cc.Debugger)
		}
	}
	return b.String(), nil
}

func stateText(s session.ServiceStatus) string {
	switch {
	case s.State != runtime.Exited:
		return string(s.State)
	case s.OOMKilled:
		return "exited (out of memory)"
	case s.ExitCode == runtime.UnknownExit:
		return "exited (code unknown)"
	default:
		return fmt.Sprintf("exited (%d)", s.ExitCode)
	}
}

func tlsText(mode string) string {
	if mode == "" {
		return ""
	}
	return "  tls: " + mode
}

func pidText(pid int) string {
	if pid == 0 {
		return "-"
	}
	return fmt.Sprint(pid)
}

func newLogsCmd(a *app) *cobra.Command {
	o := runtime.LogOptions{}
	cmd := &cobra.Command{
		Use:   "logs [SERVICE…]",
		Short: "Print the services' logs",
		Example: `  ccdev logs
  ccdev logs assets -f
  ccdev logs peer0.org1 --tail 50`,
		RunE: func(cmd *cobra.Command, args []string) error { return runLogs(cmd.Context(), a, args, o) },
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			s, err := a.session(event.Discard)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return s.Services(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVarP(&o.Follow, "follow", "f", false, "go on with what is written from now on")
	cmd.Flags().IntVar(&o.Tail, "tail", -1, "number of each log's last lines to print; all when negative")
	return cmd
}

// runLogs prints logs on standard output: here they are the result.
func runLogs(ctx context.Context, a *app, services []string, o runtime.LogOptions) error {
	sink := printer.NewPlain(a.streams.Out, printer.Style{Color: a.style(a.streams.Out).Color}).Sink
	if a.output == outputJSON {
		sink = printer.NewJSON(a.streams.Out).Sink
	}
	s, err := a.session(sink)
	if err != nil {
		return err
	}
	err = s.Logs(ctx, services, o)
	if o.Follow && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func newInstalledCmd(a *app) *cobra.Command {
	org := ""
	cmd := &cobra.Command{
		Use:     "queryinstalled",
		Short:   "List the packages that are installed on the peers",
		Example: "  ccdev queryinstalled -o json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			packages, err := s.Installed(cmd.Context(), org)
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(packages)
			}
			for _, peer := range sortedKeys(packages) {
				for _, p := range packages[peer] {
					if err := a.printf("%s  %s\n", peer, p.PackageID); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
	addOrgFlag(a, cmd, &org)
	return cmd
}
