package gateway

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// ChaincodeEvents gives the server's events from the block that is asked for, and then ends.
func (s *server) ChaincodeEvents(r *gatewaypb.SignedChaincodeEventsRequest, stream grpc.ServerStreamingServer[gatewaypb.ChaincodeEventsResponse]) error {
	var asked gatewaypb.ChaincodeEventsRequest
	if err := proto.Unmarshal(r.GetRequest(), &asked); err != nil {
		return err
	}
	if asked.GetChaincodeId() != "basic" {
		return errors.New("it is another chaincode's events that are asked for")
	}
	for _, block := range s.events {
		if block.GetBlockNumber() < asked.GetStartPosition().GetSpecified().GetNumber() {
			continue
		}
		if err := stream.Send(block); err != nil {
			return err
		}
	}
	return nil
}

// told is a server of five blocks, with three events of the chaincode that are to be told.
func told() *server {
	tx := func(chaincode, id string, code peer.TxValidationCode) *peer.FilteredTransaction {
		e := &peer.FilteredChaincodeAction{ChaincodeEvent: &peer.ChaincodeEvent{ChaincodeId: chaincode, TxId: id}}
		return &peer.FilteredTransaction{Txid: id, TxValidationCode: code, Data: &peer.FilteredTransaction_TransactionActions{
			TransactionActions: &peer.FilteredTransactionActions{ChaincodeActions: []*peer.FilteredChaincodeAction{e}},
		}}
	}
	const valid, conflict = peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT
	event := func(id string) *peer.ChaincodeEvent {
		return &peer.ChaincodeEvent{ChaincodeId: "basic", TxId: id, EventName: "Told", Payload: []byte("of " + id)}
	}
	return &server{
		blocks: []*peer.FilteredBlock{
			{Number: 0},
			{Number: 1, FilteredTransactions: []*peer.FilteredTransaction{tx("basic", "a", valid), tx("basic", "b", valid)}},
			{Number: 2, FilteredTransactions: []*peer.FilteredTransaction{tx("basic", "lost", conflict), tx("other", "x", valid)}},
			{Number: 3, FilteredTransactions: []*peer.FilteredTransaction{tx("basic", "c", valid)}},
			{Number: 4, FilteredTransactions: []*peer.FilteredTransaction{tx("basic", "later", valid)}},
		},
		events: []*gatewaypb.ChaincodeEventsResponse{
			{BlockNumber: 1, Events: []*peer.ChaincodeEvent{event("a"), event("b")}},
			{BlockNumber: 3, Events: []*peer.ChaincodeEvent{event("c")}},
			{BlockNumber: 4, Events: []*peer.ChaincodeEvent{event("later")}},
		},
	}
}

func TestLastEvents(t *testing.T) {
	for _, tc := range []struct {
		last   int
		height uint64
		want   string
	}{{0, 4, "a b c"}, {1, 4, "c"}, {2, 4, "b c"}, {3, 4, "a b c"}, {20, 4, "a b c"}, {0, 5, "a b c later"}, {0, 3, "a b"}, {0, 1, ""}, {0, 0, ""}} {
		events, err := connect(t, told(), nil).LastEvents(t.Context(), "mychannel", "basic", tc.last, tc.height)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			got = append(got, e.TxID)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("the last %d of %d blocks are %q, want %q", tc.last, tc.height, got, tc.want)
		}
	}
}

func TestEventsTellWhatTheyAre(t *testing.T) {
	var got []ChaincodeEvent
	err := connect(t, told(), nil).Events(t.Context(), "mychannel", "basic", 3, func(e ChaincodeEvent) error {
		got = append(got, e)
		return nil
	})
	want := []ChaincodeEvent{
		{Block: 3, TxID: "c", Chaincode: "basic", Name: "Told", Payload: []byte("of c")},
		{Block: 4, TxID: "later", Chaincode: "basic", Name: "Told", Payload: []byte("of later")},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	enough := errors.New("enough of that")
	err = connect(t, told(), nil).Events(t.Context(), "mychannel", "basic", 0, func(ChaincodeEvent) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("the error is %v", err)
	}
}

// A peer that ends before it has given what it has told of.
func TestEventsThatArePartlyGiven(t *testing.T) {
	s := told()
	s.events = s.events[:1]
	if _, err := connect(t, s, nil).LastEvents(t.Context(), "mychannel", "basic", 0, 5); err == nil || !strings.Contains(err.Error(), "2 of 4 events") {
		t.Errorf("the error is %v", err)
	}
	s.blocks = s.blocks[:2]
	if _, err := connect(t, s, nil).LastEvents(t.Context(), "mychannel", "basic", 0, 5); err == nil || !strings.Contains(err.Error(), "all of the 5 blocks") {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := connect(t, told(), nil).LastEvents(ctx, "mychannel", "basic", 0, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
