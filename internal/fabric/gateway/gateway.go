// Package gateway submits and evaluates transactions through a peer's gateway service.
package gateway

import (
	"context"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/dial"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limits on each stage of a transaction. The relay ends an execution after 30 s, unless it is held
// at a breakpoint, and the peer after an hour: their answers say more than our limit would, so ours
// come later.
const (
	executeLimit = time.Hour + 20*time.Second
	submitLimit  = 10 * time.Second
	commitLimit  = 30 * time.Second
)

// Call is one transaction to run.
type Call struct {
	Channel   string
	Chaincode string
	Function  string
	Args      [][]byte
	Transient map[string][]byte
	Orgs      []string // MSP IDs that must endorse; empty for what the policy asks
}

// Result is what became of a call; of one that has failed no more than TxID. Block and Status are
// only known for a submitted one.
type Result struct {
	TxID    string
	Payload []byte
	Block   uint64
	Status  string // Fabric's validation code: "VALID", …
	Took    time.Duration
}

// Client calls through one peer as one user.
type Client struct {
	conn *grpc.ClientConn
	gw   *client.Gateway
}

// Connect makes a client that calls as a user of the org (as network.Org finds it), through the
// org's first peer. The caller closes it.
func Connect(n network.Network, org network.Org, user string) (*Client, error) {
	id, err := msp.LoadUser(n, org.Domain, user)
	if err != nil {
		return nil, err
	}
	conn, err := dial.Peer(n, org, org.Peers[0])
	if err != nil {
		return nil, err
	}
	gw, err := client.Connect(id,
		client.WithSign(id.SignDigest), client.WithClientConnection(conn),
		client.WithEvaluateTimeout(executeLimit), client.WithEndorseTimeout(executeLimit),
		client.WithSubmitTimeout(submitLimit), client.WithCommitStatusTimeout(commitLimit))
	if err != nil {
		_ = conn.Close() // the error of Connect is the one to tell
		return nil, fault.New(fault.Other, `run "ccdev status"`, "cannot use the gateway of %s: %w", org.Peers[0].Name, err)
	}
	return &Client{conn: conn, gw: gw}, nil
}

// Close ends the connection.
func (c *Client) Close() error {
	_ = c.gw.Close() // always nil: it does not own the connection
	return c.conn.Close()
}

func (c *Client) proposal(call Call) (*client.Proposal, error) {
	opts := []client.ProposalOption{client.WithBytesArguments(call.Args...)}
	if len(call.Transient) > 0 {
		opts = append(opts, client.WithTransient(call.Transient))
	}
	if len(call.Orgs) > 0 {
		opts = append(opts, client.WithEndorsingOrganizations(call.Orgs...))
	}
	return c.gw.GetNetwork(call.Channel).GetContract(call.Chaincode).NewProposal(call.Function, opts...)
}

// Evaluate runs the call on one peer and commits nothing. Faults are of the kind Transaction.
func (c *Client) Evaluate(ctx context.Context, call Call) (Result, error) {
	start := time.Now()
	proposal, err := c.proposal(call)
	if err != nil {
		return Result{}, explain(call, err)
	}
	payload, err := proposal.EvaluateWithContext(ctx)
	if err != nil {
		return Result{TxID: proposal.TransactionID()}, explain(call, err)
	}
	return Result{TxID: proposal.TransactionID(), Payload: payload, Took: time.Since(start)}, nil
}

// Ready tells whether the peer can run the chaincode, by a call the chaincode need not know: an
// answer that the chaincode made, an error too, is proof enough. mspID is that of the peer's org. The
// transaction's ID is known of a failure, too.
func (c *Client) Ready(ctx context.Context, channel, chaincode, mspID string) (txid string, err error) {
	txid, err = c.probe(ctx, channel, chaincode, mspID)
	return txid, Answered(err)
}

// probe makes a call that changes nothing, and that the chaincode need not know.
func (c *Client) probe(ctx context.Context, channel, chaincode, mspID string) (txid string, err error) {
	result, err := c.Evaluate(ctx, Metadata(channel, chaincode, mspID))
	return result.TxID, err
}

// Answered takes an error for none where it is the chaincode's own response.
func Answered(err error) error {
	// internal/pkg/gateway/apiutils.go: Unknown is the chaincode's own response. An error of this
	// side, which is no status at all, would pass for one.
	if s, ok := status.FromError(err); ok && s.Code() == codes.Unknown {
		return nil
	}
	return err
}

// MetadataFunction is answered by every chaincode written with a contract API.
const MetadataFunction = "org.hyperledger.fabric:GetMetadata"

// Metadata is the call that asks a chaincode, on a peer of the org with this MSP ID, what it can be
// asked to do.
func Metadata(channel, chaincode, mspID string) Call {
	return Call{Channel: channel, Chaincode: chaincode, Function: MetadataFunction, Orgs: []string{mspID}}
}

// A peer whose connection to another ends takes that for dead until it hears from it again, which is
// twice a second (gossip/comm, disconnect; aliveTimeInterval of its core.yaml). Connections end
// while peers get to know each other.
const (
	sightTries = 4
	sightPause = 300 * time.Millisecond
)

// Submit runs the call, has it ordered, and waits until it is committed. A transaction that the
// peers judge invalid is a fault that says why. Where the gateway has lost sight of an org's peers,
// which may be for a moment, it is endorsed once more.
func (c *Client) Submit(ctx context.Context, call Call) (Result, error) {
	start := time.Now()
	proposal, err := c.proposal(call)
	if err != nil {
		return Result{}, explain(call, err)
	}
	for try := 1; ; try++ {
		result, err := c.submit(ctx, call, proposal, start)
		if !says(err, outOfSight) || try == sightTries {
			return result, err
		}
		select {
		case <-time.After(sightPause):
		case <-ctx.Done():
		}
	}
}

func (c *Client) submit(ctx context.Context, call Call, proposal *client.Proposal, start time.Time) (Result, error) {
	failed := Result{TxID: proposal.TransactionID()}
	tx, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		return failed, explain(call, err)
	}
	commit, err := tx.SubmitWithContext(ctx)
	if err != nil {
		return failed, explain(call, err)
	}
	status, err := commit.StatusWithContext(ctx)
	if err != nil {
		return failed, explain(call, err)
	}
	result := Result{
		TxID: tx.TransactionID(), Payload: tx.Result(),
		Block: status.BlockNumber, Status: status.Code.String(), Took: time.Since(start),
	}
	if !status.Successful {
		return result, invalid(call, result)
	}
	return result, nil
}

func invalid(call Call, r Result) error {
	return fault.New(fault.Transaction, Meaning(r.Status),
		"%s of %s was ordered into block %d and found invalid: %s (transaction %s)",
		call.Function, call.Chaincode, r.Block, r.Status, r.TxID)
}
