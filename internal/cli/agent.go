package cli

import (
	"errors"
	"os"
	"slices"

	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/spf13/cobra"
)

// builder runs as one of the external builder's programs. The peer wants no more than an exit
// code, and puts what is written on standard error into its log.
func (a *app) builder(name string, args []string) int {
	err := extbuilder.Run(name, args, a.getenv)
	if err == nil {
		return 0
	}
	if !errors.Is(err, extbuilder.ErrNotOurs) { // not an error: another builder may claim the package
		printer.Fault(a.streams.Err, fault.From(err), printer.Style{})
	}
	return 1
}

func newAgentCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:    "agent",
		Short:  "Run as a part of the network",
		Hidden: true,
	}
	for _, name := range extbuilder.Programs() {
		cmd.AddCommand(&cobra.Command{
			Use:   name,
			Short: "Run as the peer's external builder: " + name,
			RunE:  func(_ *cobra.Command, args []string) error { return extbuilder.Run(name, args, a.getenv) },
		})
	}
	cmd.AddCommand(newRelayCmd(a))
	return cmd
}

func newRelayCmd(a *app) *cobra.Command {
	o := control.RunOptions{Builtin: builtin}
	cmd := &cobra.Command{
		Use:   "relay",
		Short: "Run as a chaincode's relay",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Env, o.Out, o.Err = os.Environ(), a.streams.Out, a.streams.Err
			return control.Run(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Listen, "listen", "", "address that the peers dial")
	flags.StringVar(&o.Control, "control", "", "address of the control API")
	flags.StringVar(&o.PackageID, "package-id", "", "package ID that the chaincode registers under")
	flags.StringVar(&o.Chaincode, "chaincode", "", "name of the chaincode on the channel")
	flags.StringVar(&o.Dir, "dir", "", "folder for what the relay keeps")
	flags.StringVar(&o.TokenFile, "token-file", "", "file with the token of the control API")
	return cmd
}

// builtin are the functions that a relay answers itself.
func builtin(function string) (relay.BuiltinFunc, bool) { return state.Builtin(function) }

func isBuilder(name string) bool { return slices.Contains(extbuilder.Programs(), name) }
