package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/spf13/cobra"
)

type eventsOptions struct {
	chaincode string
	last      int
	follow    bool
}

func newEventsCmd(a *app) *cobra.Command {
	var o eventsOptions
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List the events that the chaincode has set, as applications that listen are told them",
		Long: `Lists the last chaincode events of the channel, or with -f each one as it is committed. A
transaction has one event at the most, the last that it has set; one that was not committed as
VALID has none.`,
		Example: `  ccdev events
  ccdev events -f
  ccdev events -n basic --last 5 -o json`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runEvents(cmd.Context(), a, o) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.chaincode, "name", "n", "", "chaincode (default: the project's first)")
	flags.IntVar(&o.last, "last", 20, "number of events to list; all for 0")
	flags.BoolVarP(&o.follow, "follow", "f", false, "tell each event from now on, as it is committed")
	return cmd
}

func runEvents(ctx context.Context, a *app, o eventsOptions) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	if o.follow {
		return s.FollowEvents(ctx, o.chaincode, a.printEventLine)
	}
	events, err := s.Events(ctx, o.chaincode, o.last)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		all := make([]eventJSON, 0, len(events))
		for _, e := range events {
			all = append(all, newEventJSON(e))
		}
		return a.printJSON(all)
	}
	for _, e := range events {
		if err := a.printEventLine(e); err != nil {
			return err
		}
	}
	if len(events) == 0 {
		_, err = fmt.Fprintln(a.streams.Err, "no events: a chaincode sets one with SetEvent (Go) or setEvent (Node)")
	}
	return err
}

// printEventLine prints an event on a line of its own: of text, or of JSON.
func (a *app) printEventLine(e gateway.ChaincodeEvent) error {
	if a.output == outputJSON {
		text, err := json.Marshal(newEventJSON(e))
		if err != nil {
			return err
		}
		return a.printf("%s\n", text)
	}
	value := fmt.Sprintf("(binary, %d bytes)", len(e.Payload))
	if utf8.Valid(e.Payload) {
		value = printer.Clean(string(e.Payload))
	}
	return a.printf("%.8s  block %d  %s  %s\n", printer.Clean(e.TxID), e.Block, printer.Clean(e.Name), value)
}

// eventJSON is an event as machines read it, its payload as those of results.
type eventJSON struct {
	Block         uint64 `json:"block"`
	TxID          string `json:"txid"`
	Chaincode     string `json:"chaincode"`
	Event         string `json:"event"`
	Payload       any    `json:"payload"`
	PayloadBase64 []byte `json:"payloadBase64,omitempty"`
}

func newEventJSON(e gateway.ChaincodeEvent) eventJSON {
	value, bytes := payload(e.Payload)
	return eventJSON{e.Block, e.TxID, e.Chaincode, e.Name, value, bytes}
}
