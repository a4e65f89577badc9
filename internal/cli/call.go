package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

type callOptions struct {
	session.Call
	ctor      string
	transient []string
}

func newInvokeCmd(a *app) *cobra.Command {
	cmd, o := newCallCmd(a, true)
	cmd.Use = "invoke FUNCTION [ARG…]"
	cmd.Short = "Submit a transaction, and wait until it is committed"
	cmd.Example = `  ccdev invoke CreateAsset asset1 alice 100
  ccdev invoke CreateAsset asset1 alice 100 --as alice@Org2 -o json
  ccdev invoke -c '{"Args":["CreateAsset","asset1","alice","100"]}'
  ccdev invoke SetPrice asset1 --transient price=@price.json`
	cmd.Flags().StringSliceVar(&o.Orgs, "orgs", nil, "orgs that must endorse (default: what the endorsement policy asks for)")
	return cmd
}

func newQueryCmd(a *app) *cobra.Command {
	cmd, _ := newCallCmd(a, false)
	cmd.Use = "query FUNCTION [ARG…]"
	cmd.Short = "Evaluate a transaction on one peer; nothing is committed"
	cmd.Example = `  ccdev query ReadAsset asset1
  ccdev query GetAllAssets -o json`
	return cmd
}

func newCallCmd(a *app, submit bool) (*cobra.Command, *callOptions) {
	var o callOptions
	cmd := &cobra.Command{
		RunE: func(cmd *cobra.Command, args []string) error { return runCall(cmd.Context(), a, o, args, submit) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.Chaincode, "name", "n", "", "chaincode (default: the project's first)")
	flags.StringVarP(&o.Channel, "channel", "C", "", "channel (default: the network's)")
	flags.StringVar(&o.As, "as", "", "USER or USER@ORG to call as (default: the first org's Admin)")
	flags.StringArrayVar(&o.transient, "transient", nil, "KEY=VALUE of transient data, or KEY=@FILE; may be given again")
	flags.StringVarP(&o.ctor, "ctor", "c", "", `function and arguments as JSON: {"Args":["FUNCTION","ARG"]}`)
	completeFlag(a, cmd, "name", chaincodeNames)
	completeFlag(a, cmd, "as", userNames)
	return cmd, &o
}

func runCall(ctx context.Context, a *app, o callOptions, args []string, submit bool) error {
	if err := o.parse(args); err != nil {
		return err
	}
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	call := s.Query
	if submit {
		call = s.Invoke
	}
	result, err := call(ctx, o.Call)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(resultJSON(result))
	}
	return a.printResult(result)
}

// parse completes the call with what the flags and arguments say.
func (o *callOptions) parse(args []string) error {
	if o.ctor != "" {
		if len(args) > 0 {
			return fault.New(fault.Usage, "give either -c or arguments", "-c says the function and its arguments, and %q was given as well", args[0])
		}
		var err error
		if args, err = parseCtor(o.ctor); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		return fault.New(fault.Usage, "name it: ccdev invoke FUNCTION [ARG…]", "no function to call was given")
	}
	o.Function = args[0]
	for _, arg := range args[1:] {
		o.Args = append(o.Args, []byte(arg))
	}
	o.Transient = map[string][]byte{}
	for _, t := range o.transient {
		key, value, err := parseTransient(t)
		if err != nil {
			return err
		}
		o.Transient[key] = value
	}
	return nil
}

// parseCtor reads what the peer command takes after -c: {"Args":[…]} or {"function":…,"Args":[…]}.
func parseCtor(text string) ([]string, error) {
	var ctor struct {
		Function string   `json:"function"`
		Args     []string `json:"Args"`
	}
	if err := json.Unmarshal([]byte(text), &ctor); err != nil {
		if number := (*json.UnmarshalTypeError)(nil); errors.As(err, &number) {
			err = fmt.Errorf("%s holds a %s", cmp.Or(number.Field, "it"), number.Value)
		}
		return nil, fault.New(fault.Usage, `write it as '{"Args":["FUNCTION","ARG"]}': every argument is a string`, "cannot read -c: %w", err)
	}
	if ctor.Function != "" {
		return append([]string{ctor.Function}, ctor.Args...), nil
	}
	return ctor.Args, nil
}

func parseTransient(text string) (key string, value []byte, err error) {
	key, given, found := strings.Cut(text, "=")
	if !found || key == "" {
		return "", nil, fault.New(fault.Usage, "write it as KEY=VALUE or KEY=@FILE", "--transient %q has no key", text)
	}
	file, isFile := strings.CutPrefix(given, "@")
	if !isFile {
		return key, []byte(given), nil
	}
	value, err = os.ReadFile(file)
	if err != nil {
		return "", nil, fault.New(fault.Usage, "give a file that can be read", "cannot read the transient value of %q: %w", key, err)
	}
	return key, value, nil
}

// callResult is what a call prints with -o json. Result is the payload itself where it is JSON,
// and a string where it is other text; bytes that are no text are in ResultBase64.
type callResult struct {
	TransactionID string  `json:"transactionID"`
	Block         uint64  `json:"block,omitempty"`
	Status        string  `json:"status,omitempty"`
	Result        any     `json:"result"`
	ResultBase64  []byte  `json:"resultBase64,omitempty"`
	Milliseconds  float64 `json:"milliseconds"`
}

func resultJSON(r gateway.Result) callResult {
	out := callResult{
		TransactionID: r.TxID, Block: r.Block, Status: r.Status,
		Milliseconds: float64(r.Took.Microseconds()) / 1000,
	}
	out.Result, out.ResultBase64 = payload(r.Payload)
	return out
}

// payload is a value as JSON has it: itself where it is JSON, a string where it is other text;
// bytes that are no text come as such, for base64.
func payload(value []byte) (text any, bytes []byte) {
	switch {
	case len(value) == 0:
		return nil, nil
	case json.Valid(value):
		return json.RawMessage(value), nil
	case utf8.Valid(value):
		return string(value), nil
	default:
		return nil, value
	}
}

// printResult prints the payload on standard output, as it is where a program reads it, and what
// became of the transaction on standard error.
func (a *app) printResult(r gateway.Result) error {
	if r.Status != "" && !a.quiet {
		note := fmt.Sprintf("%s in block %d, %s, transaction %s\n", r.Status, r.Block, printer.Duration(r.Took), r.TxID)
		if _, err := fmt.Fprint(a.streams.Err, note); err != nil {
			return err
		}
	}
	if len(r.Payload) == 0 {
		return nil
	}
	text := string(r.Payload)
	if isTerminal(a.streams.Out) {
		text = printer.CleanText(text)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return a.printf("%s", text)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
