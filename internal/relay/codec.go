package relay

import (
	"unicode/utf8"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/runtime/protoiface"
)

// encode gives a message as it is sent: one that is passed on in the bytes in which it came.
func encode(msg *message) ([]byte, error) {
	if msg.raw != nil {
		return msg.raw, nil
	}
	return proto.Marshal(&msg.ChaincodeMessage)
}

// decode reads a message, which shares the bytes.
func decode(raw []byte) (*message, error) {
	msg := &message{raw: raw}
	if msg.readUsual() {
		return msg, nil
	}
	msg.Reset()
	m := msg.ProtoReflect()
	_, err := m.ProtoMethods().Unmarshal(protoiface.UnmarshalInput{
		Message: m, Buf: raw, Flags: protoiface.UnmarshalAliasBuffer, Depth: protowire.DefaultRecursionLimit,
	})
	return msg, err
}

// The fields that the usual messages have (peer/chaincode_shim.proto, peer/proposal.proto).
const (
	fieldType     = 1
	fieldPayload  = 3
	fieldTxid     = 4
	fieldProposal = 5
	fieldChannel  = 7

	fieldProposalBytes = 1
	fieldSignature     = 2
)

// readUsual reads a message of the fields that most have, without the work that any field takes. It
// says whether that was all.
func (m *message) readUsual() bool {
	return eachField(m.raw, func(field protowire.Number, kind protowire.Type, value []byte) bool {
		if field == fieldType && kind == protowire.VarintType {
			number, _ := protowire.ConsumeVarint(value)
			m.Type = peer.ChaincodeMessage_Type(number) //nolint:gosec // an enum's values are those of an int32
			return true
		}
		return kind == protowire.BytesType && m.readBytes(field, value)
	})
}

func (m *message) readBytes(field protowire.Number, value []byte) bool {
	switch {
	case field == fieldPayload:
		m.Payload = value
	case field == fieldTxid && utf8.Valid(value):
		m.Txid = string(value)
	case field == fieldChannel && utf8.Valid(value):
		m.ChannelId = string(value)
	case field == fieldProposal && m.Proposal == nil:
		m.Proposal = &peer.SignedProposal{}
		return readProposal(m.Proposal, value)
	default:
		return false
	}
	return true
}

func readProposal(p *peer.SignedProposal, raw []byte) bool {
	return eachField(raw, func(field protowire.Number, kind protowire.Type, value []byte) bool {
		switch {
		case field == fieldProposalBytes && kind == protowire.BytesType:
			p.ProposalBytes = value
		case field == fieldSignature && kind == protowire.BytesType:
			p.Signature = value
		default:
			return false
		}
		return true
	})
}

// eachField has a message's fields taken, with their bytes, for as long as they are. It says whether
// all were.
func eachField(raw []byte, take func(field protowire.Number, kind protowire.Type, value []byte) bool) bool {
	for len(raw) > 0 {
		field, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return false
		}
		raw = raw[n:]
		if n = protowire.ConsumeFieldValue(field, kind, raw); n < 0 {
			return false
		}
		value := raw[:n:n]
		raw = raw[n:]
		if kind == protowire.BytesType {
			_, prefix := protowire.ConsumeVarint(value)
			value = value[prefix:]
		}
		if !take(field, kind, value) {
			return false
		}
	}
	return true
}
