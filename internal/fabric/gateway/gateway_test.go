package gateway

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// server is a peer's gateway service that answers as a test says. What is nil succeeds.
type server struct {
	gatewaypb.UnimplementedGatewayServer
	evaluate, endorse, submit, commit error
	validation                        peer.TxValidationCode
	unseen                            int           // endorsements for which no peer is known at first
	hang                              chan struct{} // closed once a call hangs, where it is to
	targets                           []string      // of the last evaluate
	proposal                          []byte        // of the last endorsement
	stop                              func()        // set by connect
	blocks                            []*peer.FilteredBlock
	events                            []*gatewaypb.ChaincodeEventsResponse
}

func (s *server) wait(ctx context.Context) error {
	if s.hang == nil {
		return nil
	}
	close(s.hang)
	<-ctx.Done()
	return ctx.Err()
}

func (s *server) Evaluate(ctx context.Context, r *gatewaypb.EvaluateRequest) (*gatewaypb.EvaluateResponse, error) {
	s.targets = r.GetTargetOrganizations()
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	return &gatewaypb.EvaluateResponse{Result: &peer.Response{Status: 200, Payload: []byte("answer")}}, s.evaluate
}

func (s *server) Endorse(_ context.Context, r *gatewaypb.EndorseRequest) (*gatewaypb.EndorseResponse, error) {
	s.proposal = r.GetProposedTransaction().GetProposalBytes()
	if s.unseen > 0 {
		s.unseen--
		return nil, status.Error(codes.FailedPrecondition, "no combination of peers can be derived which satisfy the endorsement policy: "+
			"no peer combination can satisfy the endorsement policy")
	}
	if s.endorse != nil {
		return nil, s.endorse
	}
	envelope, err := endorsed(r.GetChannelId(), r.GetTransactionId())
	return &gatewaypb.EndorseResponse{PreparedTransaction: envelope}, err
}

func (s *server) Submit(context.Context, *gatewaypb.SubmitRequest) (*gatewaypb.SubmitResponse, error) {
	return &gatewaypb.SubmitResponse{}, s.submit
}

func (s *server) CommitStatus(context.Context, *gatewaypb.SignedCommitStatusRequest) (*gatewaypb.CommitStatusResponse, error) {
	return &gatewaypb.CommitStatusResponse{Result: s.validation, BlockNumber: 7}, s.commit
}

// endorsed is the least of a transaction that a client takes for one.
func endorsed(channel, txID string) (*common.Envelope, error) {
	var err error
	pack := func(m proto.Message) []byte {
		b, merr := proto.Marshal(m)
		err = errors.Join(err, merr)
		return b
	}
	action := pack(&peer.ChaincodeAction{Response: &peer.Response{Status: 200, Payload: []byte("result")}})
	actions := pack(&peer.ChaincodeActionPayload{Action: &peer.ChaincodeEndorsedAction{
		ProposalResponsePayload: pack(&peer.ProposalResponsePayload{Extension: action}),
	}})
	payload := pack(&common.Payload{
		Header: &common.Header{ChannelHeader: pack(&common.ChannelHeader{ChannelId: channel, TxId: txID})},
		Data:   pack(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: actions}}}),
	})
	return &common.Envelope{Payload: payload}, err
}

// connect makes a client of the server, whose user signs with sign.
func connect(t *testing.T, s *server, sign identity.Sign) *Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	grpcServer := grpc.NewServer()
	gatewaypb.RegisterGatewayServer(grpcServer, s)
	peer.RegisterDeliverServer(grpcServer, deliverer{s})
	go func() { _ = grpcServer.Serve(listener) }() // it ends with Stop
	s.stop = grpcServer.Stop
	t.Cleanup(s.stop)

	conn, err := grpc.NewClient("passthrough:///"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	id, key := newIdentity(t)
	if sign == nil {
		if sign, err = identity.NewPrivateKeySign(key); err != nil {
			t.Fatal(err)
		}
	}
	gw, err := client.Connect(id, client.WithSign(sign), client.WithClientConnection(conn))
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{conn: conn, gw: gw}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func newIdentity(t *testing.T) (*identity.X509Identity, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	id, err := identity.NewX509Identity("Org1MSP", cert)
	if err != nil {
		t.Fatal(err)
	}
	return id, key
}

// answer is an error as a gateway service gives it, with what each of the peers said:
// address, MSP ID, message, in turn.
func answer(t *testing.T, code codes.Code, message string, details ...string) error {
	t.Helper()
	s := status.New(code, message)
	for i := 0; i < len(details); i += 3 {
		var err error
		detail := &gatewaypb.ErrorDetail{Address: details[i], MspId: details[i+1], Message: details[i+2]}
		if s, err = s.WithDetails(protoadapt.MessageV1Of(detail)); err != nil {
			t.Fatal(err)
		}
	}
	return s.Err()
}

var transfer = Call{Channel: "mychannel", Chaincode: "basic", Function: "Transfer", Args: [][]byte{[]byte("a")}}

// noRead is what a peer says to those who are no members (core/chaincode/handler.go).
const noRead = "GET_STATE failed: transaction ID: 9f: tx creator does not have read access permission on privatedata in chaincodeName:demo collectionName: own"

func TestDeniedSaysTheCollection(t *testing.T) {
	for _, err := range []error{
		answer(t, codes.Unknown, "see attached details", "peer0.org1:7051", "Org1MSP", noRead),
		answer(t, codes.Unknown, strings.Replace(noRead, "read access", "write access", 1)+" (and what the chaincode adds)"),
	} {
		if collection, denied := Denied(explain(transfer, err)); !denied || collection != "own" {
			t.Errorf("of %v: %q, %v", err, collection, denied)
		}
	}
	for _, err := range []error{nil, errors.New("x"), answer(t, codes.Unknown, "there is no a")} {
		if collection, denied := Denied(err); denied {
			t.Errorf("%v denies %q", err, collection)
		}
	}
}

func TestErrorsAreExplained(t *testing.T) {
	for name, tc := range map[string]struct {
		server server
		submit bool
		kind   fault.Kind
		what   []string // each a part of it
		not    string
		fix    string
	}{
		"the chaincode's own answer": {
			server: server{evaluate: answer(t, codes.Unknown, "evaluate call to endorser returned error: chaincode response 500, there is no a",
				"peer0.org1:7051", "Org1MSP", "chaincode response 500, there is no a")},
			kind: fault.Transaction, what: []string{"Transfer of basic failed: ", "peer0.org1:7051 (Org1MSP): chaincode response 500, there is no a"},
			not: "evaluate call to endorser", fix: "ccdev logs",
		},
		"an answer of the gateway alone": {
			server: server{evaluate: answer(t, codes.InvalidArgument, "failed to unpack")},
			kind:   fault.Transaction, what: []string{"Transfer of basic failed: failed to unpack"}, not: "rpc error", fix: "ccdev logs",
		},
		"every peer's own message": {
			server: server{endorse: answer(t, codes.Aborted, "failed to endorse transaction, see attached details for more info",
				"peer0.org1:7051", "Org1MSP", "could not launch chaincode", "peer0.org2:9051", "Org2MSP", "chaincode stream terminated")},
			submit: true, kind: fault.Transaction, not: "see attached details",
			what: []string{"at endorsement", "peer0.org1:7051 (Org1MSP): could not launch chaincode", "peer0.org2:9051 (Org2MSP): chaincode stream terminated"},
			fix:  "ccdev logs",
		},
		"results that differ": {
			server: server{endorse: answer(t, codes.Aborted, "failed to collect enough transaction endorsements, see attached details for more info",
				"peer0.org2:9051", "Org2MSP", "ProposalResponsePayloads do not match")},
			submit: true, kind: fault.Transaction, what: []string{"at endorsement", "do not match"}, fix: "no time of its own",
		},
		"a rich query": {
			server: server{evaluate: answer(t, codes.Unknown, "chaincode response 500, GET_QUERY_RESULT failed: transaction ID: 9f: ExecuteQuery not supported for leveldb")},
			kind:   fault.Transaction, what: []string{"not supported for leveldb"}, fix: "stateDatabase: couchdb",
		},
		"private data of others": {
			server: server{evaluate: answer(t, codes.Unknown, "evaluate call to endorser returned error: chaincode response 500, "+noRead,
				"peer0.org1:7051", "Org1MSP", "chaincode response 500, "+noRead)},
			kind: fault.Transaction, what: []string{"collectionName: own"}, fix: "--as USER@ORG",
		},
		"too few peers": {
			server: server{endorse: answer(t, codes.FailedPrecondition, "no combination of peers can be derived")},
			submit: true, kind: fault.Transaction, what: []string{"at endorsement: no combination of peers"}, fix: "ccdev status",
		},
		"no orderer": {
			server: server{submit: answer(t, codes.Unavailable, "no orderers could successfully process transaction", "orderer:7050", "OrdererMSP", "no leader")},
			submit: true, kind: fault.Transaction, what: []string{"on its way to the orderer", "orderer:7050 (OrdererMSP): no leader"}, fix: "ccdev logs orderer",
		},
		"a commit that nobody saw": {
			server: server{commit: answer(t, codes.DeadlineExceeded, "context deadline exceeded")},
			submit: true, kind: fault.Timeout, what: []string{"it may still be committed"}, fix: "ccdev logs",
		},
		"a chaincode that does not answer": {
			server: server{evaluate: answer(t, codes.DeadlineExceeded, "evaluate timeout expired")},
			kind:   fault.Timeout, what: []string{"Transfer of basic failed: evaluate timeout expired"}, fix: "ccdev logs",
		},
		"a key that has changed": {
			server: server{validation: peer.TxValidationCode_MVCC_READ_CONFLICT},
			submit: true, kind: fault.Transaction, what: []string{"block 7", "MVCC_READ_CONFLICT"}, fix: "submit it again",
		},
		"too few endorsements": {
			server: server{validation: peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE},
			submit: true, kind: fault.Transaction, what: []string{"ENDORSEMENT_POLICY_FAILURE"}, fix: "--orgs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, &tc.server, nil)
			run := c.Evaluate
			if tc.submit {
				run = c.Submit
			}
			_, err := run(t.Context(), transfer)
			f := fault.From(err)
			if f == nil || f.Kind != tc.kind || !strings.Contains(f.Fix, tc.fix) {
				t.Fatalf("the fault is %#v", f)
			}
			for _, part := range tc.what {
				if !strings.Contains(f.What, part) {
					t.Errorf("it does not say %q: %s", part, f.What)
				}
			}
			if tc.not != "" && strings.Contains(f.What, tc.not) {
				t.Errorf("it says %q: %s", tc.not, f.What)
			}
		})
	}
}

func TestAPeerThatIsNotThere(t *testing.T) {
	s := &server{}
	c := connect(t, s, nil)
	s.stop() // as by a network that was taken down
	_, err := c.Evaluate(t.Context(), transfer)
	if f := fault.From(err); f == nil || f.Kind != fault.Transaction || !strings.Contains(f.Fix, "ccdev up -d") {
		t.Errorf("the fault is %#v", f)
	}
}

func TestAnInterruptedCall(t *testing.T) {
	s := &server{hang: make(chan struct{})}
	c := connect(t, s, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-s.hang; cancel() }()
	_, err := c.Evaluate(ctx, transfer)
	if f := fault.From(err); f == nil || f.Kind != fault.Interrupted || !strings.Contains(f.What, "Transfer of basic was interrupted") {
		t.Errorf("the fault is %#v", f)
	}
}

// Peers that lose sight of each other for a moment fail no transaction, and nobody waits long for
// those that are gone.
func TestPeersOutOfSight(t *testing.T) {
	for name, tc := range map[string]struct {
		unseen int
		says   string
	}{
		"for a moment": {unseen: 2},
		"for good":     {unseen: 1000, says: "no combination of peers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := connect(t, &server{unseen: tc.unseen}, nil).Submit(t.Context(), transfer)
			if tc.says == "" && (err != nil || r.Status != "VALID") || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestSubmitGivesWhatBecameOfIt(t *testing.T) {
	r, err := connect(t, &server{}, nil).Submit(t.Context(), transfer)
	if err != nil {
		t.Fatal(err)
	}
	if r.TxID == "" || string(r.Payload) != "result" || r.Block != 7 || r.Status != "VALID" {
		t.Errorf("the result is %+v", r)
	}
}

func TestAnInvalidTransactionHasItsResultToo(t *testing.T) {
	r, err := connect(t, &server{validation: peer.TxValidationCode_PHANTOM_READ_CONFLICT}, nil).Submit(t.Context(), transfer)
	if err == nil || r.TxID == "" || r.Status != "PHANTOM_READ_CONFLICT" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestReady(t *testing.T) {
	broken := errors.New("no key")
	for name, tc := range map[string]struct {
		server server
		sign   identity.Sign
		ready  bool
	}{
		"it answers":                 {ready: true},
		"it answers with an error":   {server: server{evaluate: answer(t, codes.Unknown, "chaincode response 500, no such function")}, ready: true},
		"the peer cannot run it":     {server: server{evaluate: answer(t, codes.Aborted, "could not launch chaincode")}},
		"no peer has it":             {server: server{evaluate: answer(t, codes.FailedPrecondition, "no peers available")}},
		"the peer is not up":         {server: server{evaluate: answer(t, codes.Unavailable, "connection refused")}},
		"the call could not be made": {sign: func([]byte) ([]byte, error) { return nil, broken }},
	} {
		t.Run(name, func(t *testing.T) {
			txid, err := connect(t, &tc.server, tc.sign).Ready(t.Context(), "mychannel", "basic", "Org1MSP")
			if (err == nil) != tc.ready {
				t.Errorf("ready is to be %t: %v", tc.ready, err)
			}
			if tc.sign == nil && txid == "" {
				t.Error("it does not give the transaction's ID")
			}
			if tc.sign == nil && (len(tc.server.targets) != 1 || tc.server.targets[0] != "Org1MSP") {
				t.Errorf("it was asked of %q, and not of the org's own peer", tc.server.targets)
			}
		})
	}
}

func TestStreamEnded(t *testing.T) {
	for text, want := range map[string]bool{
		"error in simulation: failed to execute transaction 1: error sending: chaincode stream terminated": true,
		"chaincode response 500, there is no a": false,
	} {
		s := &server{evaluate: answer(t, codes.Aborted, "evaluate failed", "peer0.org1:7051", "Org1MSP", text)}
		_, err := connect(t, s, nil).Evaluate(t.Context(), transfer)
		if got := StreamEnded(err); got != want {
			t.Errorf("of %q it says %t", text, got)
		}
	}
	if StreamEnded(nil) {
		t.Error("a call that has not failed is said to")
	}
}
