package relay

import (
	"bytes"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// What is read is what was written, and what is passed on is the same bytes: of the usual messages and
// of others, in one piece and in several, with fields of a later version too.
func TestCodec(t *testing.T) {
	proposal := &peer.SignedProposal{ProposalBytes: []byte("proposal"), Signature: []byte("signature")}
	later := &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, Txid: "tx"}
	later.ProtoReflect().SetUnknown([]byte{0xa2, 0x06, 0x01, 'x'}) // field 100: bytes
	laterProposal := proto.CloneOf(proposal)
	laterProposal.ProtoReflect().SetUnknown([]byte{0xa2, 0x06, 0x01, 'x'})
	event := &peer.ChaincodeEvent{EventName: "event", Payload: []byte("value")}
	for name, want := range map[string]*peer.ChaincodeMessage{
		"usual":                          {Type: peer.ChaincodeMessage_GET_STATE, Txid: "tx", ChannelId: "ch", Payload: []byte("payload")},
		"empty":                          {},
		"with a proposal":                {Type: peer.ChaincodeMessage_TRANSACTION, Txid: "tx", ChannelId: "ch", Proposal: proposal},
		"with an empty proposal":         {Type: peer.ChaincodeMessage_TRANSACTION, Proposal: &peer.SignedProposal{}},
		"with a proposal of later":       {Proposal: laterProposal},
		"with an event":                  {Type: peer.ChaincodeMessage_COMPLETED, Txid: "tx", ChaincodeEvent: event, Proposal: proposal},
		"with a time":                    {Timestamp: &timestamppb.Timestamp{Seconds: 1}},
		"of a later version":             later,
		"of a type that is not known":    {Type: 4711, Txid: "tx"},
		"of a type that is out of order": {Type: -1, Txid: "tx"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := proto.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			half := len(raw) / 2
			for _, pieces := range []mem.BufferSlice{{mem.SliceBuffer(raw)}, {mem.SliceBuffer(raw[:half]), mem.SliceBuffer(raw[half:])}} {
				got := &message{}
				if err := newCodec().Unmarshal(pieces, got); err != nil || !proto.Equal(&got.ChaincodeMessage, want) {
					t.Errorf("read is %v (%v)", got, err)
				}
				again, err := newCodec().Marshal(got)
				if err != nil || !bytes.Equal(again.Materialize(), raw) || got.size() != len(raw) {
					t.Errorf("passed on is %q (%v)", again.Materialize(), err)
				}
			}
		})
	}
}

func TestCodecOfWhatIsNone(t *testing.T) {
	for name, raw := range map[string]string{
		"half a message":       "\x08\x02\x1a\x05pay",
		"half a tag":           "\x08\x02\xff",
		"a name that is none":  "\x22\x01\xff",
		"a broken proposal":    "\x2a\x02\x0a\x05",
		"a channel of no text": "\x3a\x01\xff",
	} {
		t.Run(name, func(t *testing.T) {
			if msg := (&message{}); newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer([]byte(raw))}, msg) == nil {
				t.Errorf("it is taken for %v", msg)
			}
		})
	}
}

func TestCodecOfOthers(t *testing.T) {
	id := &peer.ChaincodeID{}
	if err := newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer([]byte{0x12, 1, 'n'})}, id); err != nil || id.GetName() != "n" {
		t.Errorf("another kind of message is read as %v (%v)", id, err)
	}
	made := newMessage(peer.ChaincodeMessage_COMPLETED, key{"ch", "tx"}, []byte("payload"))
	raw, err := newCodec().Marshal(made)
	if err != nil || raw.Len() != made.size() {
		t.Fatalf("a message of the relay's own is %d bytes, not %d (%v)", raw.Len(), made.size(), err)
	}
	read := &message{}
	if err := newCodec().Unmarshal(raw, read); err != nil || !proto.Equal(&read.ChaincodeMessage, &made.ChaincodeMessage) {
		t.Errorf("a message of the relay's own is read as %v (%v)", read, err)
	}
}
