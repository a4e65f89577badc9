package relay

import (
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/runtime/protoiface"
)

// codec is gRPC's own, but that a ChaincodeMessage shares its bytes with what was received.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	msg, ok := v.(*peer.ChaincodeMessage)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	m := msg.ProtoReflect()
	_, err := m.ProtoMethods().Unmarshal(protoiface.UnmarshalInput{
		Message: m, Buf: data.Materialize(), Flags: protoiface.UnmarshalAliasBuffer, Depth: protowire.DefaultRecursionLimit,
	})
	return err
}
