package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

type traceOptions struct {
	session.TraceOptions
	follow bool
}

func newTraceCmd(a *app) *cobra.Command {
	var o traceOptions
	cmd := &cobra.Command{
		Use:   "trace [TXID]",
		Short: "Show what transactions asked of the peer, message by message",
		Long: `Lists the last transactions that the chaincode ran, or shows one of them as a waterfall:
each request to the peer with its key, its sizes and its time. Private data and transient
values are shown as size and SHA-256 unless --reveal is given. What ccdev itself asks of the
chaincode, its metadata, is not in the list.

A peer is told by its name; by the address it dials from where the system does not say whose that
is, which is where several peers run as plain processes and this is not Linux.`,
		Example: `  ccdev trace
  ccdev trace 8ebcf7
  ccdev trace -f`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return runTrace(cmd.Context(), a, args[0], o)
			}
			return runTraces(cmd.Context(), a, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.Chaincode, "name", "n", "", "chaincode (default: the project's first)")
	flags.IntVar(&o.Last, "last", 20, "number of transactions to list; all for 0")
	flags.BoolVarP(&o.follow, "follow", "f", false, "go on with each transaction as it ends")
	flags.BoolVar(&o.Reveal, "reveal", false, "show private data and transient values as they are")
	return cmd
}

func runTraces(ctx context.Context, a *app, o traceOptions) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	if o.follow {
		err := s.FollowTraces(ctx, o.TraceOptions, a.printTraceLine)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	traces, err := s.Traces(ctx, o.TraceOptions)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(traces)
	}
	for _, t := range traces {
		if err := a.printTraceLine(t); err != nil {
			return err
		}
	}
	return nil
}

// printTraceLine prints a trace on a line of its own: of text, or of JSON.
func (a *app) printTraceLine(t trace.Trace) error {
	if a.output != outputJSON {
		t.Start = t.Start.Local() // a relay in a container knows no time zone
		return a.printf("%s\n", trace.Line(t))
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return a.printf("%s\n", text)
}

func runTrace(ctx context.Context, a *app, txid string, o traceOptions) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	traces, err := s.Trace(ctx, txid, o.TraceOptions)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(traces)
	}
	style := a.style(a.streams.Out)
	for _, t := range traces {
		t.Start = t.Start.Local()
		if err := trace.Waterfall(a.streams.Out, t, max(style.Width, minWaterfall), style.Color); err != nil {
			return err
		}
	}
	return nil
}

// minWaterfall is the width of a waterfall where the output has none, or too little.
const minWaterfall = 80

type stateOptions struct {
	state.Query
	name, as string
	all      bool
}

func newStateCmd(a *app) *cobra.Command {
	var o stateOptions
	cmd := &cobra.Command{
		Use:   "state [KEY]",
		Short: "Read the chaincode's world state, without a line of code in it",
		Example: `  ccdev state
  ccdev state asset1
  ccdev state asset1 --history
  ccdev state --prefix asset -o json`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Key = args[0]
			}
			if o.History && o.Key == "" {
				return fault.New(fault.Usage, "give the key: ccdev state KEY --history", "a history is of one key, and none was given")
			}
			return runState(cmd.Context(), a, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.name, "name", "n", "", "chaincode (default: the project's first)")
	flags.StringVar(&o.as, "as", "", "USER or USER@ORG to read as (default: the first org's Admin)")
	flags.StringVar(&o.Prefix, "prefix", "", "only keys that begin so")
	flags.StringVar(&o.Collection, "collection", "", "of this private data collection")
	flags.BoolVar(&o.History, "history", false, "every value the key has had, newest first")
	flags.IntVar(&o.Limit, "limit", state.DefaultLimit, "number of keys to read")
	flags.BoolVar(&o.all, "all", false, "read all keys, however many")
	return cmd
}

func runState(ctx context.Context, a *app, o stateOptions) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	page, err := s.State(ctx, o.name, o.as, o.Query, o.all)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(stateJSON(page))
	}
	for _, e := range page.Entries {
		if err := a.printf("%s\n", entryText(e, o.History)); err != nil {
			return err
		}
	}
	if page.More {
		_, err = fmt.Fprintf(a.streams.Err, "there are more: --all, or --limit N\n")
	}
	return err
}

func entryText(e state.Entry, history bool) string {
	key := printer.Clean(e.Key)
	if e.Composite != nil {
		key = printer.Clean(e.Composite.ObjectType + "(" + strings.Join(e.Composite.Attributes, ", ") + ")")
	}
	value := "(binary)"
	switch {
	case e.IsDelete:
		value = "(deleted)"
	case utf8.Valid(e.Value):
		value = printer.Clean(string(e.Value))
	}
	if !history {
		return key + "  " + value
	}
	at := ""
	if e.Time != nil {
		at = e.Time.Local().Format("2006-01-02 15:04:05.000")
	}
	return fmt.Sprintf("%s  %s  %s", at, e.TxID, value)
}

// stateEntry is an entry as machines read it: the value is JSON where it is JSON, else text, and
// bytes that are no text are in ValueBase64.
type stateEntry struct {
	state.Entry
	Value       any    `json:"value"`
	ValueBase64 []byte `json:"valueBase64,omitempty"`
}

func stateJSON(page state.Page) any {
	entries := make([]stateEntry, 0, len(page.Entries))
	for _, e := range page.Entries {
		value, bytes := payload(e.Value)
		entries = append(entries, stateEntry{Entry: e, Value: value, ValueBase64: bytes})
	}
	return map[string]any{"entries": entries, "more": page.More}
}
