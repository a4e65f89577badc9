// Package probe asks a chaincode server who it is, the way a peer would.
package probe

import (
	"context"
	"fmt"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fabric/dial"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// WrongID says that a chaincode registers with another package ID than it should.
type WrongID struct{ Got, Want string }

func (e *WrongID) Error() string {
	return fmt.Sprintf("it registers as %q, and the peer knows it as %q", e.Got, e.Want)
}

// Register connects to the chaincode server at addr, with TLS unless that is nil, and reads the
// REGISTER it sends first. nil means that a peer would get the package ID it expects. An error that
// no further try can help is made by wait.Stop: a *WrongID, a server that is no chaincode, or a
// fault that says why the two do not get on in TLS.
func Register(ctx context.Context, addr, packageID string, secure *cctls.TLS) error {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil) // ends the stream, which the chaincode takes as a peer's going
	creds := secure.Client(addr, func(why error) { cancel(wait.Stop(why)) })
	conn, err := grpc.NewClient("passthrough:///"+addr, append(dial.Options(), grpc.WithTransportCredentials(creds))...)
	if err != nil {
		return wait.Stop(err)
	}
	defer conn.Close() //nolint:errcheck // the answer is there, or the error is
	err = register(within, conn, packageID)
	if why := context.Cause(within); err != nil && why != nil && ctx.Err() == nil {
		return why
	}
	return err
}

func register(ctx context.Context, conn *grpc.ClientConn, packageID string) error {
	stream, err := peer.NewChaincodeClient(conn).Connect(ctx)
	if err != nil {
		return err
	}
	msg, err := stream.Recv()
	if status.Code(err) == codes.Unimplemented {
		return wait.Stop(fmt.Errorf("it speaks gRPC, but not as a chaincode server: %w", err))
	}
	if err != nil {
		return err
	}
	var id peer.ChaincodeID
	if err := proto.Unmarshal(msg.GetPayload(), &id); err != nil || msg.GetType() != peer.ChaincodeMessage_REGISTER {
		return wait.Stop(fmt.Errorf("its first message is %s, not a REGISTER", msg.GetType()))
	}
	if id.GetName() != packageID {
		return wait.Stop(&WrongID{Got: id.GetName(), Want: packageID})
	}
	return nil
}
