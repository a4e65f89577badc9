// Package probe asks a chaincode server who it is, the way a peer would.
package probe

import (
	"context"
	"fmt"

	"github.com/ccdev/ccdev/internal/fabric/dial"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// WrongID says that a chaincode registers with another package ID than it should.
type WrongID struct{ Got, Want string }

func (e *WrongID) Error() string {
	return fmt.Sprintf("it registers as %q, and the peer knows it as %q", e.Got, e.Want)
}

// Register connects to the chaincode server at addr and reads the REGISTER it sends first. nil
// means that a peer would get the package ID it expects. An error that no further try can help
// is made by wait.Stop: a *WrongID, or a server that is no chaincode.
func Register(ctx context.Context, addr, packageID string) error {
	conn, err := grpc.NewClient("passthrough:///"+addr, append(dial.Options(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		return wait.Stop(err)
	}
	defer conn.Close() //nolint:errcheck // the answer is there, or the error is
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the stream, which the chaincode takes as a peer's going
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
