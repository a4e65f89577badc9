package relay

import (
	"bytes"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// What is read is what was written, and what is passed on is the same bytes: of the usual messages and
// of others, with fields of a later version too.
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
			got, err := decode(raw)
			if err != nil || !proto.Equal(&got.ChaincodeMessage, want) {
				t.Errorf("read is %v (%v)", got, err)
			}
			again, err := encode(got)
			if err != nil || !bytes.Equal(again, raw) || got.size() != len(raw) {
				t.Errorf("passed on is %q (%v)", again, err)
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
			if msg, err := decode([]byte(raw)); err == nil {
				t.Errorf("it is taken for %v", msg)
			}
		})
	}
}

func TestCodecOfOwnMessages(t *testing.T) {
	made := newMessage(peer.ChaincodeMessage_COMPLETED, key{"ch", "tx"}, []byte("payload"))
	raw, err := encode(made)
	if err != nil || len(raw) != made.size() {
		t.Fatalf("a message of the relay's own is %d bytes, not %d (%v)", len(raw), made.size(), err)
	}
	if read, err := decode(raw); err != nil || !proto.Equal(&read.ChaincodeMessage, &made.ChaincodeMessage) {
		t.Errorf("a message of the relay's own is read as %v (%v)", read, err)
	}
}
