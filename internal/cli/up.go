package cli

import (
	"context"
	"fmt"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

type upOptions struct {
	session.UpOptions
	detach  bool
	noWatch bool
	noTUI   bool
	dryRun  bool
}

func newUpCmd(a *app) *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring the network up, with the chaincode of this folder on it",
		Long: `Brings up an orderer and a peer for every org, builds the chaincode, installs,
approves and commits it, and runs it as a service. What is there already is kept:
a second up resumes at whatever is missing.

Without -d it stays: it takes each change of the chaincode's sources live, without a failed
transaction, and shows the logs and transactions: on a screen of its own in a terminal, else
line by line. Ctrl-C asks there; elsewhere it stops the network and keeps its ledger.`,
		Example: `  ccdev up -d
  ccdev up -d --orgs 2
  ccdev up --runtime process --fabric 2.5.9`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("orgs") && o.Overrides.Orgs < 1 {
				return fault.New(fault.Usage, "give a number from 1 on", "--orgs %d makes no network", o.Overrides.Orgs)
			}
			return runUp(cmd.Context(), a, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.detach, "detach", "d", false, "return once the network is up")
	flags.BoolVar(&o.noWatch, "no-watch", false, "without -d: leave the chaincode as it is when its sources change")
	flags.BoolVar(&o.noTUI, "no-tui", false, "without -d: print lines, also where a terminal could show a screen")
	flags.BoolVar(&o.dryRun, "dry-run", false, "print the steps with their reasons, and change nothing")
	flags.BoolVar(&o.Retain, "retain", false, "keep what a failed first up has made, to look at it")
	addOverrideFlags(a, cmd, &o.Overrides)
	return cmd
}

func addOverrideFlags(a *app, cmd *cobra.Command, o *project.Overrides) {
	flags := cmd.Flags()
	flags.StringVar(&o.Runtime, "runtime", a.getenv("CCDEV_RUNTIME"), "auto, docker or process (default: $CCDEV_RUNTIME, or Docker if it answers)")
	flags.StringVar(&o.Fabric, "fabric", "", `version of Fabric (default "3.1.1")`)
	flags.IntVar(&o.Orgs, "orgs", 0, "number of peer orgs, with a peer each (default 1)")
	registerCompletion(cmd, "runtime", project.RuntimeAuto, project.RuntimeDocker, project.RuntimeProcess)
	registerCompletion(cmd, "fabric", "3.1.1", "2.5.9")
}

func runUp(ctx context.Context, a *app, o upOptions) error {
	if a.hasScreen(o) {
		return runScreen(ctx, a, o)
	}
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	if o.dryRun {
		return printPlan(ctx, a, s, o)
	}
	if err := s.Up(ctx, o.UpOptions); err != nil {
		return err
	}
	st, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if o.detach {
		if err := printUp(a, st); err != nil {
			return err
		}
		return printExternal(ctx, a, s, st)
	}
	return stay(ctx, a, s, st, !o.noWatch)
}

func printPlan(ctx context.Context, a *app, s *session.Session, o upOptions) error {
	plan, err := s.Plan(ctx, o.UpOptions)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(plan)
	}
	for _, p := range plan {
		verb := "keep"
		if p.Act {
			verb = "do"
		}
		if err := a.printf("%-4s  %-20s %s\n", verb, p.Step, p.Reason); err != nil {
			return err
		}
	}
	return nil
}

func printUp(a *app, st session.Status) error {
	if a.output == outputJSON {
		return a.printJSON(st)
	}
	text := fmt.Sprintf("\n%s is up: channel %s, %s\n", st.Project, st.Channel, blocks(st.Height))
	for _, s := range st.Services {
		text += fmt.Sprintf("  %-22s %s\n", s.Name, s.Address)
	}
	next := "  ccdev invoke FUNCTION [ARG…]   submit a transaction\n" +
		"  ccdev query FUNCTION [ARG…]    evaluate one\n" +
		"  ccdev reload                   run the chaincode's new code\n"
	if len(st.Chaincodes) == 0 {
		next = "  ccdev install FILE             install a chaincode's package; then approve, commit\n"
	}
	return a.printf("%s\n%s  ccdev down                     stop; -v also drops the ledger\n", text, next)
}

func blocks(height uint64) string {
	if height == 1 {
		return "1 block"
	}
	return fmt.Sprintf("%d blocks", height)
}

// stay takes changes live and follows the logs until the user ends it, then stops the network.
func stay(ctx context.Context, a *app, s *session.Session, st session.Status, watch bool) error {
	notice := s.Emit
	if a.output != outputJSON {
		if err := printUp(a, st); err != nil {
			return err
		}
		if err := printExternal(ctx, a, s, st); err != nil {
			return err
		}
	}
	notice(event.Notice{Text: stayText(watch)})
	err := newFollower(s, watch).follow(ctx, 0)
	if ctx.Err() == nil {
		notice(event.Notice{Text: `no service runs any more: "ccdev status" tells how they ended, "ccdev up" starts them`})
		return err
	}
	// A second Ctrl-C ends the program at once.
	if err := s.Down(context.WithoutCancel(ctx), false); err != nil {
		return err
	}
	notice(event.Notice{Text: keptText})
	return &fault.Fault{Kind: fault.From(context.Cause(ctx)).Kind} // what happened is said
}

const keptText = `the ledger is kept: "ccdev up" goes on from here, "ccdev down -v" drops it`

func stayText(watch bool) string {
	if watch {
		return "taking changes live, following the logs; Ctrl-C stops the network and keeps its ledger"
	}
	return "following the logs; Ctrl-C stops the network and keeps its ledger"
}

func newDownCmd(a *app) *cobra.Command {
	var data bool
	cmd := &cobra.Command{
		Use:     "down",
		Short:   "Stop the network; with -v also drop its ledger and identities",
		Example: "  ccdev down\n  ccdev down -v",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			return s.Down(cmd.Context(), data)
		},
	}
	cmd.Flags().BoolVarP(&data, "volumes", "v", false, "leave nothing: no ledger, identity, port, or file of the network")
	return cmd
}

func newResetCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "reset",
		Short:   "Give the network a fresh ledger, and keep its orgs, identities and ports",
		Example: "  ccdev reset",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			if err := s.Reset(cmd.Context()); err != nil {
				return err
			}
			st, err := s.Status(cmd.Context())
			if err != nil {
				return err
			}
			return printUp(a, st)
		},
	}
}

func newReloadCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "reload [CHAINCODE]",
		Short: "Build the chaincode and run the new code, without a lifecycle step",
		Long: `Builds the chaincode's sources as they are now and runs the program in place of the
one before. Its package ID, and so its definition on the channel, stays. If the
build fails, the code before goes on running.`,
		Example: "  ccdev reload",
		Args:    arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			if err := s.Reload(cmd.Context(), name); err != nil || a.output != outputJSON {
				return err
			}
			st, err := s.Status(cmd.Context())
			if err != nil {
				return err
			}
			return a.printJSON(st.Chaincodes)
		},
	}
}
