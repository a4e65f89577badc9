package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// What the peer says of a chaincode whose init is required (core/chaincode/chaincode_support.go,
// CheckInvocation). Its errors have nothing to tell them apart but their text.
const (
	waitsForInit = "must call as init first"
	wasInit      = "is already initialized but called as init"
)

// WaitsForInit tells whether a call was refused because its chaincode has not been given the init it requires.
func WaitsForInit(err error) bool { return says(err, waitsForInit) }

// Initialized tells whether the version of the chaincode that is committed has been given the init
// it requires: a peer lets calls through to it, such as this one. mspID is that of the peer's org. The
// transaction's ID is known of a failure, too.
func (c *Client) Initialized(ctx context.Context, channel, chaincode, mspID string) (had bool, txid string, err error) {
	txid, err = c.probe(ctx, channel, chaincode, mspID)
	if WaitsForInit(err) {
		return false, txid, nil
	}
	err = Answered(err)
	return err == nil, txid, err
}

// Init submits the call as the chaincode's init. Where that was given before, already says so, and
// is no error.
func (c *Client) Init(ctx context.Context, call Call) (result Result, already bool, err error) {
	start := time.Now()
	proposal, err := c.initProposal(call)
	if err != nil {
		return Result{}, false, explain(call, err)
	}
	result, err = c.submit(ctx, call, proposal, start)
	if says(err, wasInit) {
		return result, true, nil
	}
	return result, false, err
}

// says tells whether the gateway, or a peer behind it, has given this text.
func says(err error, text string) bool {
	s, ok := status.FromError(err)
	return ok && (strings.Contains(s.Message(), text) || strings.Contains(strings.Join(peerMessages(err), "\n"), text))
}

// initProposal is the proposal of a call with the mark that makes it an init, which fabric-gateway
// has no option for: it is put into the bytes before they are signed.
func (c *Client) initProposal(call Call) (*client.Proposal, error) {
	plain, err := c.proposal(call)
	if err != nil {
		return nil, err
	}
	unsigned, err := plain.Bytes()
	if err != nil {
		return nil, err
	}
	marked, err := markInit(unsigned, call)
	if err != nil {
		return nil, fmt.Errorf("make an init of %s: %w", call.Function, err)
	}
	return c.gw.NewProposal(marked)
}

func markInit(proposed []byte, call Call) ([]byte, error) {
	var (
		tx         gateway.ProposedTransaction
		proposal   peer.Proposal
		payload    peer.ChaincodeProposalPayload
		invocation peer.ChaincodeInvocationSpec
		err        error
	)
	unpack := func(from []byte, to proto.Message) { err = errors.Join(err, proto.Unmarshal(from, to)) }
	pack := func(from proto.Message) []byte {
		packed, failed := proto.Marshal(from)
		err = errors.Join(err, failed)
		return packed
	}
	unpack(proposed, &tx)
	unpack(tx.GetProposal().GetProposalBytes(), &proposal)
	unpack(proposal.GetPayload(), &payload)
	unpack(payload.GetInput(), &invocation)
	input := invocation.GetChaincodeSpec().GetInput()
	if err != nil || input == nil {
		return nil, errors.Join(err, errors.New("the proposal has no input"))
	}
	input.IsInit = true
	if call.Function == "" {
		input.Args = call.Args // an init of the shim may be without a function
	}
	payload.Input = pack(&invocation)
	proposal.Payload = pack(&payload)
	tx.Proposal = &peer.SignedProposal{ProposalBytes: pack(&proposal)}
	marked := pack(&tx)
	return marked, err
}
