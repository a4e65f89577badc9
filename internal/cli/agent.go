package cli

import (
	"errors"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"

	"github.com/ccdev/ccdev/internal/build/node"
	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/host"
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
	cmd.AddCommand(newRelayCmd(a), newBuildNodeCmd(a), newCompleteCmd(a), newRunCmd(), newSetUpCmd(a))
	return cmd
}

// newBuildNodeCmd reads sources and writes a bundle, where the chaincode will run.
func newBuildNodeCmd(a *app) *cobra.Command {
	var o node.Options
	cmd := &cobra.Command{
		Use:   "build-node",
		Short: "Build a Node chaincode: sources on stdin, a bundle on stdout",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Log = a.streams.Err
			return node.Build(cmd.Context(), a.streams.In, a.streams.Out, o)
		},
	}
	cmd.Flags().StringVar(&o.Dir, "dir", "", "folder for what the next build goes on with")
	cmd.Flags().StringVar(&o.Image, "image", "", "what the container is of that this runs in")
	cmd.Flags().BoolVar(&o.Debug, "debug", false, "for a debugger")
	return cmd
}

// newCompleteCmd puts the dependencies of a bundle, which are where the chaincode runs, into it.
func newCompleteCmd(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "complete",
		Short: "Make a bundle need nothing beside it: the bundle on stdin, the new one on stdout",
		Args:  arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return bundle.Complete(a.streams.In, filepath.Join(dir, node.ModulesDir), a.streams.Out)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder that keeps the dependencies")
	return cmd
}

// newRunCmd runs a bundle as a service of its own. Without one it waits, so that one can be built
// in its place.
func newRunCmd() *cobra.Command {
	var dir, file string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run a bundle",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				<-cmd.Context().Done()
				return nil
			}
			err := host.Become(file, filepath.Join(dir, "run"), filepath.Join(dir, node.ModulesDir))
			return fault.New(fault.Chaincode, `run "ccdev reload"`, "the chaincode cannot be run: %w", err)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder that keeps the dependencies")
	cmd.Flags().StringVar(&file, "bundle", "", "what to run")
	return cmd
}

func newRelayCmd(a *app) *cobra.Command {
	o := control.RunOptions{Builtin: builtin}
	cmd := &cobra.Command{
		Use:   "relay",
		Short: "Run as a chaincode's relay",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A message is passed on by several goroutines in turn, each of which has next to nothing to
			// do: on one thread they need not wake each other's, which is most of what a message costs.
			goruntime.GOMAXPROCS(1)
			o.Env, o.Out, o.Err = os.Environ(), a.streams.Out, a.streams.Err
			return control.Run(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Listen, "listen", "", "address that the peers dial")
	flags.StringVar(&o.Control, "control", "", "address of the control API")
	flags.StringVar(&o.PackageID, "package-id", "", "package ID that the chaincode registers under")
	flags.StringVar(&o.Chaincode, "chaincode", "", "name of the chaincode on the channel")
	flags.StringArrayVar(&o.Peers, "peer", nil, "name of a peer, by which traces tell it")
	flags.StringVar(&o.Dir, "dir", "", "folder for what the relay keeps")
	flags.StringVar(&o.TokenFile, "token-file", "", "file with the token of the control API")
	flags.StringVar(&o.TLS.Mode, "tls", "", "TLS with the peers and the chaincode: server, mutual, or none")
	flags.StringVar(&o.TLS.Dir, "tls-dir", "", "folder with the certificates")
	flags.StringVar(&o.TLS.Name, "tls-name", "", "host that the chaincode's certificate has to be for")
	return cmd
}

// builtin are the functions that a relay answers itself.
func builtin(function string) (relay.BuiltinFunc, bool) { return state.Builtin(function) }

func isBuilder(name string) bool {
	return name == extbuilder.CopyProgram || slices.Contains(extbuilder.Programs(), name)
}
