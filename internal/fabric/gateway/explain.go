package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// explain makes a fault of an error of the gateway: which call, at which stage, and what each
// peer said.
func explain(call Call, err error) error {
	if errors.Is(err, context.Canceled) || status.Code(err) == codes.Canceled {
		return fault.New(fault.Interrupted, "", "%s of %s was interrupted%s: %w", call.Function, call.Chaincode, stage(err), err)
	}
	messages := peerMessages(err)
	if len(messages) == 0 {
		messages = []string{status.Convert(err).Message()}
	}
	what := fmt.Sprintf("%s of %s failed%s: %s", call.Function, call.Chaincode, stage(err), strings.Join(messages, "\n  "))
	return &fault.Fault{Kind: kindOf(err), What: what, Fix: fixOf(err), Cause: err}
}

func kindOf(err error) fault.Kind {
	if status.Code(err) == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded) {
		return fault.Timeout
	}
	return fault.Transaction
}

// peerMessages are the peers' own messages, each with the name of its peer. They are in the
// status: not every error of fabric-gateway has a method that gives them.
func peerMessages(err error) []string {
	var messages []string
	for _, d := range status.Convert(err).Details() {
		if detail, ok := d.(*gateway.ErrorDetail); ok {
			messages = append(messages, fmt.Sprintf("%s (%s): %s", detail.GetAddress(), detail.GetMspId(), detail.GetMessage()))
		}
	}
	return messages
}

// streamTerminated is what a peer says of a chaincode whose stream ended while it executed a
// transaction (core/chaincode/handler.go, ErrorStreamTerminated).
const streamTerminated = "chaincode stream terminated"

// StreamEnded tells whether a call has failed because the chaincode has gone meanwhile, or its
// connection has. A chaincode may say so too, for reasons of its own.
func StreamEnded(err error) bool { return says(err, streamTerminated) }

func stage(err error) string {
	var endorse *client.EndorseError
	var submit *client.SubmitError
	var commit *client.CommitStatusError
	switch {
	case errors.As(err, &endorse):
		return " at endorsement"
	case errors.As(err, &submit):
		return " on its way to the orderer"
	case errors.As(err, &commit):
		return " while waiting for its commit: it may still be committed"
	default:
		return ""
	}
}

func fixOf(err error) string {
	var submit *client.SubmitError
	switch status.Code(err) {
	case codes.Unavailable:
		if errors.As(err, &submit) {
			return `submit it again in a moment; if it fails again, look at the orderer's log: "ccdev logs orderer"`
		}
		return `see whether the network runs: "ccdev status"; "ccdev up -d" starts what is missing`
	case codes.DeadlineExceeded:
		return `see what the chaincode is doing: "ccdev logs"`
	case codes.FailedPrecondition:
		return `see which peers and orgs are there: "ccdev status"`
	default:
		return `the chaincode's log may say more: "ccdev logs"`
	}
}
