package cli

import (
	"errors"
	"slices"

	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/spf13/cobra"
)

// builderPrograms are the names by which a peer calls ccdev as its external builder.
var builderPrograms = []string{"detect", "build", "release"}

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
	for _, name := range builderPrograms {
		cmd.AddCommand(&cobra.Command{
			Use:   name,
			Short: "Run as the peer's external builder: " + name,
			RunE:  func(_ *cobra.Command, args []string) error { return extbuilder.Run(name, args, a.getenv) },
		})
	}
	return cmd
}

func isBuilder(name string) bool { return slices.Contains(builderPrograms, name) }
