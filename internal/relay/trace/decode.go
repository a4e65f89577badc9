package trace

import (
	"crypto/x509"
	"encoding/pem"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// content is what is told of a message. It keeps nothing of it that is long.
type content interface {
	weight() int // about how many bytes it takes
}

// decode tells what is in a message; nil if the message was not kept. The kind of the request
// is that of the one it answers, if it is an answer.
func (s slot) decode(request peer.ChaincodeMessage_Type) content {
	switch {
	case s.content != nil:
		return s.content
	case s.msg == nil:
		return nil
	}
	switch s.msg.Type {
	case peer.ChaincodeMessage_TRANSACTION, peer.ChaincodeMessage_INIT:
		return decodeBegin(s.msg)
	case peer.ChaincodeMessage_COMPLETED:
		return decodeEnd(s.msg)
	case peer.ChaincodeMessage_ERROR:
		e := event(s.msg)
		e.error = bounded(string(s.msg.Payload), maxError)
		return e
	case peer.ChaincodeMessage_RESPONSE:
		return decodeAnswer(request, s.msg.Payload)
	default:
		return decodeRequest(s.msg.Type, s.msg.Payload)
	}
}

// begin is a transaction as a peer sent it.
type begin struct {
	args        []blob
	argsOmitted int
	chaincode   string // of the proposal
	caller      Caller
	transient   map[string]blob
}

func (b *begin) weight() int {
	sum := overhead + weights(b.args)
	for name, v := range b.transient {
		sum += len(name) + v.weight()
	}
	return sum
}

// decodeBegin reads what there is: a part that is not there, or no protobuf, stays empty.
func decodeBegin(msg *peer.ChaincodeMessage) *begin {
	b := &begin{}
	input := &peer.ChaincodeInput{}
	if proto.Unmarshal(msg.Payload, input) == nil {
		b.args, b.argsOmitted = newBlobs(input.Args)
	}
	proposal, header := &peer.Proposal{}, &common.Header{}
	if proto.Unmarshal(msg.GetProposal().GetProposalBytes(), proposal) != nil || proto.Unmarshal(proposal.Header, header) != nil {
		return b
	}
	b.chaincode = proposedChaincode(header.ChannelHeader)
	b.caller = caller(header.SignatureHeader)
	payload := &peer.ChaincodeProposalPayload{}
	if proto.Unmarshal(proposal.Payload, payload) == nil {
		b.transient = transient(payload.TransientMap)
	}
	return b
}

func proposedChaincode(header []byte) string {
	channel, extension := &common.ChannelHeader{}, &peer.ChaincodeHeaderExtension{}
	if proto.Unmarshal(header, channel) != nil || proto.Unmarshal(channel.Extension, extension) != nil {
		return ""
	}
	return bounded(extension.GetChaincodeId().GetName(), maxText)
}

func caller(header []byte) Caller {
	signature, identity := &common.SignatureHeader{}, &msp.SerializedIdentity{}
	if proto.Unmarshal(header, signature) != nil || proto.Unmarshal(signature.Creator, identity) != nil {
		return Caller{}
	}
	c := Caller{MSPID: bounded(identity.Mspid, maxText)}
	if block, _ := pem.Decode(identity.IdBytes); block != nil {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			c.CommonName = bounded(cert.Subject.CommonName, maxText)
		}
	}
	return c
}

func transient(all map[string][]byte) map[string]blob {
	if len(all) == 0 {
		return nil
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	kept := map[string]blob{}
	for _, name := range names[:min(len(names), maxItems)] {
		kept[bounded(name, maxText)] = newBlob(all[name])
	}
	return kept
}

// end is a COMPLETED or an ERROR: the one that ends a transaction, or a peer's answer.
type end struct {
	completed bool
	status    int32
	message   string
	payload   blob
	error     string

	event        string
	eventPayload blob
}

func (e *end) weight() int {
	return overhead + len(e.message) + len(e.error) + len(e.event) + e.payload.weight() + e.eventPayload.weight()
}

func event(msg *peer.ChaincodeMessage) *end {
	e := &end{}
	if ev := msg.ChaincodeEvent; ev != nil {
		e.event, e.eventPayload = bounded(ev.EventName, maxText), newBlob(ev.Payload)
	}
	return e
}

func decodeEnd(msg *peer.ChaincodeMessage) *end {
	e, response := event(msg), &peer.Response{}
	if err := proto.Unmarshal(msg.Payload, response); err != nil {
		e.error = "the chaincode completed with something that is no response"
		return e
	}
	e.completed, e.status = true, response.Status
	e.message, e.payload = bounded(response.Message, maxError), newBlob(response.Payload)
	return e
}
