package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/scenario"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/ccdev/ccdev/scenarios"
	"github.com/spf13/cobra"
)

func newScenarioCmd(a *app) *cobra.Command {
	return addBelow(&cobra.Command{
		Use:   "scenario",
		Short: "Scripted tutorials that check each step",
		Example: `  ccdev scenario list
  ccdev scenario run ccaas-tutorial`,
	}, newScenarioListCmd(a), newScenarioShowCmd(a), newScenarioRunCmd(a), newScenarioExportCmd(a))
}

// scenarioNames completes the name of a scenario.
func scenarioNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all, _ := scenario.List(scenarios.Files, scenarios.Names()) // they are tested
	var names []string
	for _, s := range all {
		names = append(names, s.Name+"\t"+s.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func newScenarioListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tutorials, in the order to go through them", Example: "  ccdev scenario list\n  ccdev scenario list -o json", Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			all, err := scenario.List(scenarios.Files, scenarios.Names())
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				list := []scenarioJSON{}
				for _, s := range all {
					list = append(list, scenarioJSONOf(s))
				}
				return a.printJSON(list)
			}
			table := tabwriter.NewWriter(a.streams.Out, 0, 0, 2, ' ', 0)
			for _, s := range all {
				fmt.Fprintf(table, "%s\t%s\n\t%s\n", s.Name, s.Title, s.Learn[0])
			}
			return table.Flush()
		},
	}
}

// scenarioJSON is a scenario as -o json shows it.
type scenarioJSON struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Learn []string `json:"learn"`
	Needs []string `json:"needs"`
	Steps []string `json:"steps"` // their titles
}

func scenarioJSONOf(s scenario.Scenario) scenarioJSON {
	form := scenarioJSON{Name: s.Name, Title: s.Title, Learn: s.Learn, Needs: append([]string{}, s.Needs...)}
	for _, step := range s.Steps {
		title := step.Title
		if step.Runtime != "" {
			title += " (" + step.Runtime + ")"
		}
		form.Steps = append(form.Steps, title)
	}
	return form
}

func newScenarioShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show what a tutorial teaches, and its steps", Example: "  ccdev scenario show ccaas-tutorial",
		Args: arguments(cobra.ExactArgs(1)), ValidArgsFunction: scenarioNames,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := scenario.Load(scenarios.Files, args[0])
			if err != nil {
				return err
			}
			form := scenarioJSONOf(s)
			if a.output == outputJSON {
				return a.printJSON(form)
			}
			text := s.Title + "\n\nYou learn:\n  - " + strings.Join(form.Learn, "\n  - ") + "\n"
			if len(form.Needs) > 0 {
				text += "\nIt needs: " + strings.Join(form.Needs, ", ") + "\n"
			}
			text += "\nSteps:\n"
			for i, title := range form.Steps {
				text += fmt.Sprintf("  %2d. %s\n", i+1, title)
			}
			return a.printf("%s\n  ccdev scenario run %s\n", text, s.Name)
		},
	}
}

type scenarioOptions struct {
	name, dir, runtime string
	yes                bool
	file               string // of a handout; empty: standard output
}

// open prepares a walk through the scenario in the folder.
func (o scenarioOptions) open(ctx context.Context, a *app, events event.Sink) (*scenario.Walk, error) {
	s, err := scenario.Load(scenarios.Files, o.name)
	if err != nil {
		return nil, err
	}
	switch o.runtime {
	case "", project.RuntimeAuto, project.RuntimeDocker, project.RuntimeProcess:
	default:
		return nil, fault.New(fault.Usage, "use auto, docker or process", "ccdev does not know the runtime %q", o.runtime)
	}
	cache, err := a.cacheDir()
	if err != nil {
		return nil, err
	}
	sess, err := session.Open(session.Options{Dir: os.TempDir(), CacheDir: cache, Getenv: a.getenv, Events: events})
	if err != nil {
		return nil, err
	}
	runtime, err := sess.Runtime(ctx, o.runtime)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return scenario.Open(scenario.Options{Scenario: s, Dir: o.dir, Runtime: runtime, Program: program, Events: events})
}

func newScenarioRunCmd(a *app) *cobra.Command {
	var o scenarioOptions
	cmd := &cobra.Command{
		Use:   "run NAME",
		Short: "Walk through a tutorial, step by step",
		Long: `Walks through a tutorial in a folder of its own (./NAME, or the one that --dir names). Each
command is shown before it runs: Enter runs it, s skips it, b goes back to the step before
where that is possible. What must be true after each step is checked; if it is not, the exit
code is 9. The last step says what it leaves. Ctrl-C ends the walk, and says how to clean up.`,
		Example: `  ccdev scenario run ccaas-tutorial
  ccdev scenario run hot-reload --yes --runtime process`,
		Args: arguments(cobra.ExactArgs(1)), ValidArgsFunction: scenarioNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.dir = args[0], args[0]
			if cmd.Flags().Changed("dir") {
				o.dir = a.dir
			}
			var err error
			if o.dir, err = filepath.Abs(o.dir); err != nil {
				return err
			}
			return runScenario(cmd.Context(), a, o)
		},
	}
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do every step without asking")
	addScenarioFlags(a, cmd, &o)
	return cmd
}

func addScenarioFlags(a *app, cmd *cobra.Command, o *scenarioOptions) {
	cmd.Flags().StringVar(&o.runtime, "runtime", a.getenv("CCDEV_RUNTIME"), "auto, docker or process (default: $CCDEV_RUNTIME, or Docker if it answers)")
	registerCompletion(cmd, "runtime", project.RuntimeAuto, project.RuntimeDocker, project.RuntimeProcess)
}

func runScenario(ctx context.Context, a *app, o scenarioOptions) error {
	if !o.yes && !a.canAsk() {
		return fault.New(fault.Usage, "give --yes to do every step without asking", "nobody can be asked what to do: this is no terminal")
	}
	events := a.events() // of JSON: to standard error
	if a.output != outputJSON && !a.quiet {
		events = printer.NewPlain(a.streams.Out, a.style(a.streams.Out)).Sink
	}
	var choose func(context.Context) (scenario.Choice, error)
	if !o.yes {
		events = typed(ctx, a, events)
		choose = newChooser(a).choose
	}
	began := time.Now()
	walk, err := o.open(ctx, a, events)
	if err != nil {
		return err
	}
	defer walk.Close()
	if err := walk.Run(ctx, choose); err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(map[string]any{"scenario": o.name, "dir": o.dir, "milliseconds": time.Since(began).Milliseconds()})
	}
	return a.printf("\n%s is done. Its files are in %s\n", o.name, o.dir)
}

// canAsk tells whether there is somebody to be asked.
func (a *app) canAsk() bool {
	in, isFile := a.streams.In.(*os.File)
	return a.output != outputJSON && isFile && isTerminal(in) && isTerminal(a.streams.Out)
}

// keystroke is the pause between two characters of a command that is typed before the user's eyes.
const keystroke = 15 * time.Millisecond

// typed shows a step's command character by character, as if somebody typed it, and everything
// else as events does.
func typed(ctx context.Context, a *app, events event.Sink) event.Sink {
	return func(e event.Event) {
		step, isStep := e.(event.ScenarioStep)
		if !isStep || step.Command == "" {
			events(e)
			return
		}
		command := strings.TrimRight(printer.CleanText(step.Command), "\n")
		step.Command = ""
		events(step)
		_ = a.printf("\n$ ") // as below
		ticker := time.NewTicker(keystroke)
		defer ticker.Stop()
		for _, r := range command {
			_ = a.printf("%c", r) // a terminal that is gone ends the walk at the next question
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
		_ = a.printf("\n") // as above
	}
}

// chooser asks the user what to do with a step.
type chooser struct {
	a     *app
	lines chan string // what was typed; closed at its end
}

func newChooser(a *app) *chooser {
	c := &chooser{a: a, lines: make(chan string)}
	go func() { // ends with the program: a read of a terminal cannot be broken off
		defer close(c.lines)
		for in := bufio.NewScanner(a.streams.In); in.Scan(); {
			c.lines <- strings.TrimSpace(in.Text())
		}
	}()
	return c
}

func (c *chooser) choose(ctx context.Context) (scenario.Choice, error) {
	for {
		if err := c.a.printf("\n[Enter] go on   [s] skip   [b] back   [Ctrl-C] leave > "); err != nil {
			return scenario.Do, err
		}
		select {
		case <-ctx.Done():
			_ = c.a.printf("\n") // the error that follows begins a line
			return scenario.Do, ctx.Err()
		case line, more := <-c.lines:
			if !more {
				return scenario.Do, fault.New(fault.Interrupted, "", "the input has ended: %w", io.EOF)
			}
			switch line {
			case "":
				return scenario.Do, nil
			case "s":
				return scenario.Skip, nil
			case "b":
				return scenario.Back, nil
			}
		}
	}
}

func newScenarioExportCmd(a *app) *cobra.Command {
	var o scenarioOptions
	format := "markdown"
	cmd := &cobra.Command{
		Use:   "export NAME",
		Short: "Run a tutorial, and write it as a handout with its real output",
		Long: `Runs every step of a tutorial in a temporary folder, which it removes, and writes a handout:
the texts, the commands, and what they really printed. IDs, ports and times differ from one
handout to the next, and nothing else does.`,
		Example: "  ccdev scenario export ccaas-tutorial --format markdown -f handout.md",
		Args:    arguments(cobra.ExactArgs(1)), ValidArgsFunction: scenarioNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "markdown" {
				return fault.New(fault.Usage, "use markdown", "there is no handout of the format %q", format)
			}
			o.name = args[0]
			return exportScenario(cmd.Context(), a, o)
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "form of the handout: markdown")
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "file to write (default: standard output)")
	registerCompletion(cmd, "format", "markdown")
	addScenarioFlags(a, cmd, &o)
	return cmd
}

func exportScenario(ctx context.Context, a *app, o scenarioOptions) (err error) {
	temp, err := os.MkdirTemp("", "ccdev-handout")
	if err != nil {
		return err
	}
	o.dir = filepath.Join(temp, o.name) // projects are called by their folder
	walk, err := o.open(ctx, a, a.events())
	if err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	defer walk.Close()
	if err := walk.Run(ctx, nil); err != nil {
		return err // which says how to clean up
	}
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	switch {
	case o.file != "":
		return os.WriteFile(o.file, []byte(walk.Handout()), 0o644)
	case a.output == outputJSON:
		return a.printJSON(map[string]string{"scenario": o.name, "markdown": walk.Handout()})
	default:
		return a.printf("%s", walk.Handout())
	}
}
