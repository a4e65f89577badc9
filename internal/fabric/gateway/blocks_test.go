package gateway

import (
	"context"
	"errors"
	"testing"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// deliverer gives the server's blocks from the one that is asked for, and then ends; with hang set
// it goes on until the client goes.
type deliverer struct{ *server }

func (deliverer) Deliver(peer.Deliver_DeliverServer) error { return errors.ErrUnsupported }
func (deliverer) DeliverWithPrivateData(peer.Deliver_DeliverWithPrivateDataServer) error {
	return errors.ErrUnsupported
}

func (d deliverer) DeliverFiltered(stream grpc.BidiStreamingServer[common.Envelope, peer.DeliverResponse]) error {
	asked, err := stream.Recv()
	if err != nil {
		return err
	}
	var payload common.Payload
	var seek orderer.SeekInfo
	if err := errors.Join(proto.Unmarshal(asked.GetPayload(), &payload), proto.Unmarshal(payload.GetData(), &seek)); err != nil {
		return err
	}
	for _, b := range d.blocks {
		if b.GetNumber() < seek.GetStart().GetSpecified().GetNumber() {
			continue
		}
		if err := stream.Send(&peer.DeliverResponse{Type: &peer.DeliverResponse_FilteredBlock{FilteredBlock: b}}); err != nil {
			return err
		}
	}
	return d.wait(stream.Context())
}

var threeBlocks = []*peer.FilteredBlock{
	{ChannelId: "mychannel", Number: 6},
	{ChannelId: "mychannel", Number: 7, FilteredTransactions: []*peer.FilteredTransaction{
		{Txid: "a", TxValidationCode: peer.TxValidationCode_VALID}, {Txid: "b", TxValidationCode: peer.TxValidationCode_MVCC_READ_CONFLICT},
	}},
	{ChannelId: "mychannel", Number: 8},
}

func TestBlocks(t *testing.T) {
	var got []event.Block
	err := connect(t, &server{blocks: threeBlocks}, nil).Blocks(t.Context(), "mychannel", 7, func(b event.Block) { got = append(got, b) })
	want := []event.Block{
		{Channel: "mychannel", Number: 7, Transactions: []event.BlockTransaction{{TxID: "a", Code: "VALID"}, {TxID: "b", Code: "MVCC_READ_CONFLICT"}}},
		{Channel: "mychannel", Number: 8, Transactions: []event.BlockTransaction{}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestBlocksEndWithTheContext(t *testing.T) {
	s := &server{blocks: threeBlocks, hang: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	err := connect(t, s, nil).Blocks(ctx, "mychannel", 0, func(event.Block) { cancel() }) // two more are on their way
	if err != nil {
		t.Error(err)
	}
}

func TestBlocksOfAPeerThatIsNotThere(t *testing.T) {
	s := &server{}
	c := connect(t, s, nil)
	s.stop()
	if err := c.Blocks(t.Context(), "mychannel", 0, func(event.Block) {}); err == nil {
		t.Error("it has blocks")
	}
}
