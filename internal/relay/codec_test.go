package relay

import (
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// What is read is what was written, also in several pieces and with fields of a later version of the
// message; and what is none is an error.
func TestCodec(t *testing.T) {
	want := &peer.ChaincodeMessage{
		Type: peer.ChaincodeMessage_COMPLETED, Txid: "tx", ChannelId: "ch", Payload: []byte("payload"),
		Proposal:       &peer.SignedProposal{ProposalBytes: []byte("proposal"), Signature: []byte("signature")},
		ChaincodeEvent: &peer.ChaincodeEvent{EventName: "event", Payload: []byte("value")},
	}
	want.ProtoReflect().SetUnknown([]byte{0xa2, 0x06, 0x01, 'x'}) // field 100: bytes
	raw, err := proto.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := &peer.ChaincodeMessage{}
	pieces := mem.BufferSlice{mem.SliceBuffer(raw[:5]), mem.SliceBuffer(raw[5:])}
	if err := newCodec().Unmarshal(pieces, got); err != nil || !proto.Equal(got, want) {
		t.Errorf("read is %v (%v)", got, err)
	}
	if err := newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(raw[:7])}, &peer.ChaincodeMessage{}); err == nil {
		t.Error("half a message is taken for one")
	}
	id := &peer.ChaincodeID{}
	if err := newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer([]byte{0x12, 1, 'n'})}, id); err != nil || id.GetName() != "n" {
		t.Errorf("another kind of message is read as %v (%v)", id, err)
	}
}
