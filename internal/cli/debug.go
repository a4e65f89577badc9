package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

type debugOptions struct {
	chaincode string
	noWatch   bool
}

func newDebugCmd(a *app) *cobra.Command {
	var o debugOptions
	cmd := &cobra.Command{
		Use:   "debug [CHAINCODE]",
		Short: "Run the chaincode under a debugger, for your editor to attach to",
		Long: `Builds the chaincode for a debugger and runs it under one, delve for Go and Node's
inspector for JavaScript and TypeScript, behind the network that is up. It prints what
your editor needs to attach. A transaction may stay at a breakpoint for an hour.

It stays, and runs each change of the sources under the debugger too: attach again then.
Ctrl-C, or "ccdev reload", goes back to the chaincode without a debugger.`,
		Example: "  ccdev debug\n  ccdev debug basic --no-watch",
		Args:    arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.chaincode = args[0]
			}
			return runDebug(cmd.Context(), a, o)
		},
	}
	cmd.Flags().BoolVar(&o.noWatch, "no-watch", false, "leave the chaincode as it is when its sources change")
	return cmd
}

func runDebug(ctx context.Context, a *app, o debugOptions) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	started := false
	err = s.Debug(ctx, o.chaincode, !o.noWatch, func(d session.Debugging) error {
		started = true
		d.LocalRoot = asNamed(a.dir, d.LocalRoot)
		text, err := launchOf(d)
		if err != nil {
			return err
		}
		if a.output == outputJSON {
			return a.printJSON(debugResult{Debugging: d, Launch: text})
		}
		return a.printf("%s", debugText(d, text))
	})
	if ctx.Err() == nil || !started {
		return err
	}
	if f := fault.From(err); f != nil && f.Kind != fault.From(context.Cause(ctx)).Kind {
		return err
	}
	s.Emit(event.Notice{Text: "the chaincode runs without the debugger again; the network stays up"})
	return &fault.Fault{Kind: fault.From(context.Cause(ctx)).Kind} // what happened is said
}

type debugResult struct {
	session.Debugging
	Launch json.RawMessage `json:"launch"` // for VS Code's launch.json
}

// launch is a configuration in VS Code's launch.json.
type launch struct {
	Name           string         `json:"name"`
	Type           string         `json:"type"`
	Request        string         `json:"request"`
	Mode           string         `json:"mode,omitempty"`
	Host           string         `json:"host,omitempty"`
	Address        string         `json:"address,omitempty"`
	Port           json.Number    `json:"port"`
	LocalRoot      string         `json:"localRoot,omitempty"`
	RemoteRoot     string         `json:"remoteRoot,omitempty"`
	SubstitutePath []substitution `json:"substitutePath,omitempty"`
}

// substitution is how the Go extension maps paths; Node's has one pair of roots.
type substitution struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func launchOf(d session.Debugging) (json.RawMessage, error) {
	host, port, err := net.SplitHostPort(d.Address)
	if err != nil {
		return nil, err
	}
	l := launch{Name: "ccdev: " + d.Chaincode, Type: "go", Request: "attach", Port: json.Number(port)}
	switch {
	case d.Lang == project.LangNode:
		l.Type, l.Address, l.LocalRoot, l.RemoteRoot = "node", host, d.LocalRoot, d.RemoteRoot
	case d.LocalRoot != d.RemoteRoot:
		l.SubstitutePath = []substitution{{From: d.LocalRoot, To: d.RemoteRoot}}
		fallthrough
	default:
		l.Mode, l.Host = "remote", host
	}
	return json.MarshalIndent(l, "  ", "  ")
}

func debugText(d session.Debugging, launch json.RawMessage) string {
	_, port, _ := net.SplitHostPort(d.Address) // launchOf has done so
	text := fmt.Sprintf("\n%s, generation %d, waits for a debugger at %s\n\nVS Code, in .vscode/launch.json:\n  %s\n\n",
		d.Chaincode, d.Generation, d.Address, launch)
	if d.Lang == project.LangNode {
		text += "WebStorm: Run > Edit Configurations > + > Attach to Node.js/Chrome, host 127.0.0.1, port " + port + ",\n" +
			"  Remote URL of " + d.LocalRoot + ": " + d.RemoteRoot + "\n" +
			"Chrome: chrome://inspect, Configure: " + d.Address + "\n"
		if d.TypeScript {
			text += "TypeScript: a build script that is more than \"tsc\" has to make source maps itself:\n" +
				"  set \"inlineSourceMap\" and \"inlineSources\" in tsconfig.json\n"
		}
	} else {
		text += "GoLand: Run > Edit Configurations > + > Go Remote, host 127.0.0.1, port " + port + ", On disconnect: Leave it running\n"
		if d.LocalRoot != d.RemoteRoot {
			text += "  open the folder as " + d.RemoteRoot + ": breakpoints do not go through links\n"
		}
		text += "A terminal: dlv connect " + d.Address + "\n"
	}
	return text + "\nWhat stops at a breakpoint waits, also when you have detached: attach again to go on\n" +
		"Ctrl-C runs it without the debugger again, and leaves the network up\n"
}

// asNamed gives a folder as the user reaches it from dir, which may go through a link: an editor
// that was started there names the files so.
func asNamed(dir, folder string) string {
	named, err := filepath.Abs(dir)
	if err != nil {
		return folder
	}
	real, err := filepath.EvalSymlinks(named)
	if err != nil {
		return folder
	}
	way, err := filepath.Rel(real, folder)
	if err != nil {
		return folder
	}
	named = filepath.Join(named, way)
	if real, err = filepath.EvalSymlinks(named); err != nil || real != folder {
		return folder
	}
	return named
}
