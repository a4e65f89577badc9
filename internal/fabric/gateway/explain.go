package gateway

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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

// What peers and their gateway say, without anything to tell it apart but the text.
const (
	mismatch   = "ProposalResponsePayloads do not match" // internal/pkg/gateway/endorsement.go
	outOfSight = "no peer combination can satisfy"       // discovery/endorsement/endorsement.go
	noQuery    = "not supported for leveldb"             // core/ledger/kvledger/txmgmt/statedb/stateleveldb
	noAccess   = "access permission on privatedata"      // core/chaincode/handler.go
)

// Differs tells whether a call has failed because the chaincode came to different results on two peers.
func Differs(err error) bool { return says(err, mismatch) }

// collectionForm is how a peer names the collection that a caller may not read or write.
var collectionForm = regexp.MustCompile(noAccess + `.*collectionName: ([A-Za-z0-9_-]+)`)

// Denied is the collection of which the caller of a failed call is no member, and has to be one.
func Denied(err error) (collection string, denied bool) {
	if err == nil {
		return "", false
	}
	texts := append(peerMessages(err), status.Convert(err).Message())
	found := collectionForm.FindStringSubmatch(strings.Join(texts, "\n"))
	if found == nil {
		return "", false
	}
	return found[1], true
}

func fixOf(err error) string {
	switch {
	case says(err, noQuery):
		return "set stateDatabase: couchdb in ccdev.yaml, then \"ccdev down -v\" and \"ccdev up\": a ledger keeps its database"
	case says(err, mismatch):
		return "have the chaincode come to the same on every peer: no time of its own (there is GetTxTimestamp), no random\n" +
			"numbers, nothing in the order of a map, nothing from outside the ledger. If it was but once, a peer was a block\n" +
			"behind: submit it again"
	}
	if _, denied := Denied(err); denied {
		return `call as a user of an org that is a member of the collection: "--as USER@ORG"`
	}
	return fixOfCode(err)
}

func fixOfCode(err error) string {
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
