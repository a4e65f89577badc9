package gateway

import (
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// input is the chaincode's input in a proposal as the server got it.
func input(t *testing.T, proposal []byte) *peer.ChaincodeInput {
	t.Helper()
	var (
		p          peer.Proposal
		payload    peer.ChaincodeProposalPayload
		invocation peer.ChaincodeInvocationSpec
	)
	if err := proto.Unmarshal(proposal, &p); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(p.GetPayload(), &payload); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(payload.GetInput(), &invocation); err != nil {
		t.Fatal(err)
	}
	return invocation.GetChaincodeSpec().GetInput()
}

func TestInitIsMarked(t *testing.T) {
	for name, tc := range map[string]struct {
		call Call
		args int
	}{
		"with a function": {Call{Channel: "mychannel", Chaincode: "basic", Function: "InitLedger", Args: [][]byte{[]byte("7")}}, 2},
		"without":         {Call{Channel: "mychannel", Chaincode: "basic"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{}
			_, already, err := connect(t, s, nil).Init(t.Context(), tc.call)
			if err != nil || already {
				t.Fatal(already, err)
			}
			got := input(t, s.proposal)
			if !got.GetIsInit() || len(got.GetArgs()) != tc.args {
				t.Errorf("the peer got %v", got)
			}
		})
	}
}

func TestAnInitThatWasGivenBefore(t *testing.T) {
	s := &server{endorse: answer(t, codes.Aborted, "failed to endorse", "peer0.org1:7051", "Org1MSP",
		"error in simulation: chaincode 'basic' is already initialized but called as init")}
	if _, already, err := connect(t, s, nil).Init(t.Context(), transfer); err != nil || !already {
		t.Errorf("already %t, %v", already, err)
	}
}

func TestInitialized(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"an answer":            {nil, true},
		"an error of its own":  {answer(t, codes.Unknown, "no such function"), true},
		"it waits for its own": {answer(t, codes.Unknown, "chaincode 'basic' has not been initialized for this version, must call as init first"), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := connect(t, &server{evaluate: tc.err}, nil).Initialized(t.Context(), "mychannel", "basic", "Org1MSP")
			if err != nil || got != tc.want {
				t.Errorf("got %t, %v", got, err)
			}
		})
	}
	if _, _, err := connect(t, &server{evaluate: answer(t, codes.Unavailable, "not up")}, nil).Initialized(t.Context(), "mychannel", "basic", "Org1MSP"); err == nil {
		t.Error("a peer that is not there knows")
	}
}
