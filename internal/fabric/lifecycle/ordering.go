package lifecycle

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/ccdev/ccdev/internal/fabric/dial"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	mspproto "github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Orders tells whether the orderer takes transactions of the channel: a moment after it has started
// it does not, as it is not its own leader yet.
func Orders(ctx context.Context, n network.Network) bool {
	status, err := newest(ctx, n)
	return err == nil && status == common.Status_SUCCESS
}

// AwaitOrders waits until Orders.
func AwaitOrders(ctx context.Context, n network.Network) error {
	err := wait.For(ctx, Limit, func(ctx context.Context) error {
		status, err := newest(ctx, n)
		if err == nil && status != common.Status_SUCCESS {
			err = fmt.Errorf("asked for the newest block it says %s", status)
		}
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fault.New(fault.Boot, `look at the log: "ccdev logs orderer"`,
			"the orderer takes no transactions of channel %s: %w", n.Channel, err)
	}
	return err
}

// newest asks the orderer for the channel's newest block, in the way that it refuses as long as it
// would refuse a transaction too (common/deliver/deliver.go: SERVICE_UNAVAILABLE).
func newest(ctx context.Context, n network.Network) (common.Status, error) {
	id, err := msp.LoadUser(n, n.Orderer.Domain, network.AdminUser)
	if err != nil {
		return 0, wait.Stop(err)
	}
	seek, err := seekNewest(id, n.Channel)
	if err != nil {
		return 0, wait.Stop(err)
	}
	conn, err := dial.Orderer(n)
	if err != nil {
		return 0, wait.Stop(err)
	}
	defer conn.Close() //nolint:errcheck // all answers were read
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := orderer.NewAtomicBroadcastClient(conn).Deliver(ctx)
	if err == nil {
		err = stream.Send(seek)
	}
	for err == nil {
		var answer *orderer.DeliverResponse
		if answer, err = stream.Recv(); err == nil && answer.GetBlock() == nil {
			return answer.GetStatus(), nil
		}
	}
	return 0, err
}

// seekNewest asks, as this identity, for the channel's newest block and no other.
func seekNewest(id identity.SigningIdentity, channel string) (*common.Envelope, error) {
	position := &orderer.SeekPosition{Type: &orderer.SeekPosition_Newest{Newest: &orderer.SeekNewest{}}}
	creator, err := proto.Marshal(&mspproto.SerializedIdentity{Mspid: id.MspID(), IdBytes: id.Credentials()})
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, 24)
	_, _ = rand.Read(nonce) // never fails
	payload := &common.Payload{Header: &common.Header{}}
	for _, part := range []struct {
		into *[]byte
		msg  proto.Message
	}{
		{&payload.Header.ChannelHeader, &common.ChannelHeader{
			Type: int32(common.HeaderType_DELIVER_SEEK_INFO), ChannelId: channel, Timestamp: timestamppb.Now(),
		}},
		{&payload.Header.SignatureHeader, &common.SignatureHeader{Creator: creator, Nonce: nonce}},
		{&payload.Data, &orderer.SeekInfo{Start: position, Stop: position, ErrorResponse: orderer.SeekInfo_STRICT}},
	} {
		if *part.into, err = proto.Marshal(part.msg); err != nil {
			return nil, err
		}
	}
	raw, err := proto.Marshal(payload)
	if err != nil {
		return nil, err
	}
	signature, err := id.Sign(raw)
	return &common.Envelope{Payload: raw, Signature: signature}, err
}
