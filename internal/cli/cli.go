// Package cli is ccdev's command line: it parses, wires everything together, and prints results.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Streams are what a program reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the command that args name (args[0] is the program) and returns the exit code.
func Main(ctx context.Context, args []string, streams Streams) int {
	a := &app{streams: streams, getenv: os.Getenv, output: outputText}
	if name := filepath.Base(args[0]); isBuilder(name) {
		return a.builder(name, args[1:])
	}
	root := newRootCmd(a)
	root.SetArgs(args[1:])
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	err := a.unknownCommand(root, args[1:], root.ExecuteContext(ctx))
	if a.unread {
		readOutput(root, args[1:])
	}
	return a.exit(ctx, err)
}

// unknownCommand makes a fault of the error of a command that there is not.
func (a *app) unknownCommand(root *cobra.Command, args []string, err error) error {
	if known := (*fault.Fault)(nil); err == nil || errors.As(err, &known) {
		return err
	}
	if _, _, unknown := root.Find(args); unknown == nil {
		return err
	}
	a.unread = true
	return fault.New(fault.Usage, `see "ccdev --help"`, "%w", err)
}

// readOutput looks for the flags of all commands where the others cannot be read: an error has the form
// that was asked for, too.
func readOutput(root *cobra.Command, args []string) {
	reader := &cobra.Command{FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true}}
	reader.Flags().AddFlagSet(root.PersistentFlags())
	_ = reader.ParseFlags(args) // what is wrong was told already
}

// app is what every command has.
type app struct {
	streams Streams
	getenv  func(string) string

	dir    string // --dir
	output output // --output
	quiet  bool   // --quiet

	unread bool // not all arguments could be read
}

type output string

const (
	outputText output = "text"
	outputJSON output = "json"
)

// exit prints the error, once, and gives the exit code for it.
func (a *app) exit(ctx context.Context, err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	f := fault.From(err)
	if ended := fault.From(context.Cause(ctx)); ended != nil {
		f = &fault.Fault{Kind: ended.Kind, What: f.What, Fix: f.Fix, Log: f.Log} // whatever failed then, it was the signal
	}
	switch {
	case f.What == "": // said already, as it was no error
	case a.output == outputJSON:
		printer.FaultJSON(a.streams.Err, f)
	default:
		printer.Fault(a.streams.Err, f, a.style(a.streams.Err))
	}
	return f.Kind.ExitCode()
}

// style is what a stream can show. NO_COLOR with any value means no colour (no-color.org).
func (a *app) style(w io.Writer) printer.Style {
	if !isTerminal(w) || a.getenv("TERM") == "dumb" {
		return printer.Style{}
	}
	return printer.Style{Live: a.getenv("CI") == "", Color: a.getenv("NO_COLOR") == "", Width: width(w)}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// width is that of a terminal in columns; 0 when it does not say.
func width(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// events is where the progress of work goes: standard error, in the form that --output asks for.
func (a *app) events() event.Sink {
	switch {
	case a.quiet:
		return event.Discard
	case a.output == outputJSON:
		return printer.NewJSON(a.streams.Err).Sink
	default:
		return printer.NewPlain(a.streams.Err, a.style(a.streams.Err)).Sink
	}
}

// session opens the project in the folder that --dir names.
func (a *app) session(events event.Sink) (*session.Session, error) {
	cache, err := a.cacheDir()
	if err != nil {
		return nil, err
	}
	return session.Open(session.Options{Dir: a.dir, CacheDir: cache, Getenv: a.getenv, Events: events})
}

// cacheDir is where ccdev keeps what projects share.
func (a *app) cacheDir() (string, error) {
	if dir := a.getenv("CCDEV_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := binaries.DefaultCacheDir()
	if err != nil {
		return "", fault.New(fault.Usage, "set CCDEV_CACHE to a folder that can be written", "%w", err)
	}
	return dir, nil
}

// printJSON prints a result as one JSON document.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.streams.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.streams.Out, format, args...)
	return err
}

// Commands are all of ccdev's, for what is written of their help.
func Commands() *cobra.Command {
	return newRootCmd(&app{getenv: os.Getenv, output: outputText})
}

func newRootCmd(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "ccdev",
		Short: "A local Hyperledger Fabric network for chaincode developers",
		Long: `ccdev brings up a real Hyperledger Fabric network with your chaincode on it:
a peer and an orderer, on Docker or as plain processes, your chaincode built,
installed, approved, committed, and running as a service.`,
		Example: `  ccdev init assets && cd assets
  ccdev up -d
  ccdev invoke CreateAsset asset1 alice 100
  ccdev query ReadAsset asset1`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.dir, "dir", ".", "folder of the project, or one in it")
	flags.VarP(&a.output, "output", "o", "form of the result: text or json")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print no progress")
	registerCompletion(root, "output", "text", "json")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		a.unread = true
		return fault.New(fault.Usage, fmt.Sprintf("see %q", cmd.CommandPath()+" --help"), "%w", err)
	})
	addGroup(root, "The network:", newUpCmd(a), newDownCmd(a), newResetCmd(a), newStatusCmd(a), newLogsCmd(a))
	addGroup(root, "The chaincode:", newInitCmd(a), newInvokeCmd(a), newQueryCmd(a), newReloadCmd(a), newDebugCmd(a), newDeployCmd(a), newUserCmd(a))
	addGroup(root, "Looking in:", newTraceCmd(a), newStateCmd(a), newEventsCmd(a))
	addGroup(root, "The lifecycle, step by step:", newPackageCmd(a), newInstallCmd(a), newInstalledCmd(a), newApproveCmd(a),
		newReadinessCmd(a), newCommitCmd(a), newCommittedCmd(a))
	addGroup(root, "Learning:", newScenarioCmd(a))
	addGroup(root, "What it runs on:", newConfigCmd(a), newEnvCmd(a), newExportCmd(a), newImagesCmd(a), newDoctorCmd(a), newVersionCmd(a))
	root.AddCommand(newAgentCmd(a))
	return root
}

// addBelow adds commands to one that does nothing but help to choose among them.
func addBelow(parent *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	parent.Args = arguments(cobra.NoArgs) // any is the name of a command that there is not
	parent.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	parent.AddCommand(commands...)
	return parent
}

// addGroup adds commands that belong together under a title in the help.
func addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, c := range commands {
		c.GroupID = title
		root.AddCommand(c)
	}
}

// String, Set and Type make an output a flag.
func (o *output) String() string { return string(*o) }

// Set takes what the user gave.
func (o *output) Set(value string) error {
	switch output(value) {
	case outputText, outputJSON:
		*o = output(value)
		return nil
	default:
		return fmt.Errorf("%q is neither text nor json", value)
	}
}

// Type names the flag's values in the help.
func (o *output) Type() string { return "FORM" }

// arguments makes cobra's checks of arguments faults of usage.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fault.New(fault.Usage, fmt.Sprintf("it is used as: %s\nsee %q", cmd.UseLine(), cmd.CommandPath()+" --help"), "%w", err)
		}
		return nil
	}
}

// registerCompletion completes a flag with these values.
func registerCompletion(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag is not defined: a mistake in this package
	}
}
