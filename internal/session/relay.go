package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// relayed finds a chaincode (the first one for an empty name) that has a relay to look through.
func (s *Session) relayed(name string) (network.Network, network.Chaincode, error) {
	n, cc, err := s.chaincode(name)
	if err != nil {
		return n, cc, err
	}
	if !cc.Relay {
		return n, cc, fault.New(fault.Usage, "set relay: true for it in ccdev.yaml, then run \"ccdev up -d\"",
			"%s has no relay, and nobody else sees what its transactions do", cc.Name)
	}
	return n, cc, nil
}

// TraceOptions choose traces.
type TraceOptions struct {
	Chaincode string
	Last      int  // how many of the last ones; all for 0
	Reveal    bool // private data and transient values as they are
}

// trace leaves out, of lists, what ccdev itself has asked.
func (o TraceOptions) trace() trace.Options {
	return trace.Options{Reveal: o.Reveal, Without: gateway.MetadataFunction}
}

// Traces gives the last transactions that the chaincode's relay has seen, newest last.
func (s *Session) Traces(ctx context.Context, o TraceOptions) ([]trace.Trace, error) {
	client, err := s.relayClient(o.Chaincode)
	if err != nil {
		return nil, err
	}
	traces, err := client.Traces(ctx, o.Last, o.trace())
	return traces, relayFault(err)
}

// Trace gives one transaction, as each peer has executed it. The beginning of its id will do.
func (s *Session) Trace(ctx context.Context, txid string, o TraceOptions) ([]trace.Trace, error) {
	client, err := s.relayClient(o.Chaincode)
	if err != nil {
		return nil, err
	}
	traces, err := client.Trace(ctx, txid, o.trace())
	return traces, relayFault(err)
}

// FollowTraces gives each transaction as it ends, until ctx does.
func (s *Session) FollowTraces(ctx context.Context, o TraceOptions, each func(trace.Trace) error) error {
	client, err := s.relayClient(o.Chaincode)
	if err != nil {
		return err
	}
	return relayFault(client.Follow(ctx, o.trace(), each))
}

func (s *Session) relayClient(chaincode string) (*control.Client, error) {
	n, cc, err := s.relayed(chaincode)
	if err != nil {
		return nil, err
	}
	return dialRelay(n, cc)
}

// relayFault makes a fault of what the relay has refused.
func relayFault(err error) error {
	var refused *control.Refused
	switch {
	case errors.Is(err, control.ErrNotUp):
		return fault.New(fault.Chaincode, `run "ccdev up -d"`, "%w", err)
	case errors.As(err, &refused) && (refused.NotFound() || refused.Ambiguous()):
		return fault.New(fault.Usage, `list those there are: "ccdev trace"`, "%w", err)
	default:
		return err
	}
}

// State reads a chaincode's world state through its relay, which the chaincode knows nothing of.
// With every set it reads page after page, to the end.
func (s *Session) State(ctx context.Context, chaincode, as string, q state.Query, every bool) (state.Page, error) {
	_, cc, err := s.relayed(chaincode)
	if err != nil {
		return state.Page{}, err
	}
	var all state.Page
	for {
		args, err := state.EncodeQuery(q)
		if err != nil {
			return all, err
		}
		result, err := s.Query(ctx, Call{Chaincode: cc.Name, As: as, Function: string(args[0]), Args: args[1:]})
		if err != nil {
			return all, err
		}
		page, err := state.DecodePage(result.Payload)
		if err != nil {
			return all, fmt.Errorf("read the state of %s: %w", cc.Name, err)
		}
		page.Entries = slices.Concat(all.Entries, page.Entries)
		all = page
		if !page.More || !every {
			return all, nil
		}
		q.Bookmark = page.Bookmark
	}
}
