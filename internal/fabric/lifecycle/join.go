package lifecycle

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// JoinOrderer has the orderer take up the channel. It says whether the orderer had it already.
func JoinOrderer(ctx context.Context, n network.Network) (already bool, err error) {
	block, err := genesisBlock(n)
	if err != nil {
		return false, err
	}
	roots, cert, err := ordererTLS(n)
	if err != nil {
		return false, err
	}
	err = wait.For(ctx, Limit, func(ctx context.Context) error {
		var err error
		already, err = join(ctx, func() (*http.Response, error) {
			return channel.CreateChannel(adminURL(n), block, roots, cert)
		})
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fault.New(fault.Boot, `look at the log: "ccdev logs orderer"`,
			"the orderer did not take up channel %s: %w", n.Channel, err)
	}
	return already, err
}

// OrdererJoined tells whether the orderer, which must be running, has the channel.
func OrdererJoined(n network.Network) (bool, error) {
	roots, cert, err := ordererTLS(n)
	if err != nil {
		return false, err
	}
	list, err := channel.ListChannel(adminURL(n), roots, cert)
	if err != nil {
		return false, fault.New(fault.Boot, `look at the log: "ccdev logs orderer"`, "the orderer did not list its channels: %w", err)
	}
	for _, c := range list.Channels {
		if c.Name == n.Channel {
			return true, nil
		}
	}
	return false, nil
}

func adminURL(n network.Network) string { return "https://" + n.Orderer.Admin.Host }

// ordererTLS is what the orderer's admin API is called with.
func ordererTLS(n network.Network) (*x509.CertPool, tls.Certificate, error) {
	roots, err := msp.TLSRoots(n, n.Orderer.Domain)
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	cert, err := msp.AdminTLS(n)
	return roots, cert, err
}

// join makes one call of the channel participation API. The SDK's call takes no context: when
// ctx ends first, the call is left to end by itself.
func join(ctx context.Context, call func() (*http.Response, error)) (already bool, err error) {
	type answer struct {
		resp *http.Response
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		resp, err := call()
		answers <- answer{resp, err}
	}()
	var a answer
	select {
	case a = <-answers:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if a.err != nil {
		return false, a.err
	}
	defer a.resp.Body.Close() //nolint:errcheck // everything wanted of it was read
	switch a.resp.StatusCode {
	case http.StatusCreated:
		return false, nil
	case http.StatusMethodNotAllowed: // how the API says that the channel is there (integration/channelparticipation)
		return true, nil
	default:
		body, _ := io.ReadAll(io.LimitReader(a.resp.Body, 4096)) // as much of the reason as came
		return false, wait.Stop(fmt.Errorf("%s: %s", a.resp.Status, bytes.TrimSpace(body)))
	}
}

// Joined tells whether the peer is in the channel, waiting for the peer to answer.
func (a *Admin) Joined(ctx context.Context) (bool, error) {
	joined := false
	err := a.try(ctx, func(ctx context.Context) error {
		channels, err := channel.ListChannelOnPeer(ctx, a.conn, a.id)
		for _, c := range channels {
			joined = joined || c.GetChannelId() == a.net.Channel
		}
		return err
	})
	return joined, a.booting("list its channels", err)
}

// Join has the peer join the channel, which it must not have joined before.
func (a *Admin) Join(ctx context.Context) error {
	block, err := genesisBlock(a.net)
	if err != nil {
		return err
	}
	err = a.try(ctx, func(ctx context.Context) error { return channel.JoinChannel(ctx, a.conn, a.id, block) })
	return a.booting("join channel "+a.net.Channel, err)
}

// Height is the number of blocks the peer has. It is asked for the newest one, as of a chaincode
// that it asked it would write a line into its log, and a status may be wanted often.
func (a *Admin) Height(ctx context.Context) (uint64, error) {
	seek, err := seekNewest(a.id, a.net.Channel)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := peer.NewDeliverClient(a.conn).DeliverFiltered(ctx)
	if err == nil {
		err = errors.Join(stream.Send(seek), stream.CloseSend())
	}
	var height uint64
	for err == nil { // to the end, as the peer would write of a call that is broken off
		var answer *peer.DeliverResponse
		if answer, err = stream.Recv(); err != nil {
			break
		}
		if block := answer.GetFilteredBlock(); block != nil {
			height = block.GetNumber() + 1
		} else if height == 0 {
			err = fmt.Errorf("asked for the newest block it says %s", answer.GetStatus())
		}
	}
	if errors.Is(err, io.EOF) && height > 0 {
		return height, nil
	}
	return 0, err
}

func (a *Admin) booting(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(fault.Boot, fmt.Sprintf("look at the log: \"ccdev logs %s\"", a.peer.Name),
		"%s did not %s: %w", a.peer.Name, what, err)
}

func genesisBlock(n network.Network) (*common.Block, error) {
	raw, err := os.ReadFile(n.GenesisBlock())
	block := &common.Block{}
	if err == nil {
		err = proto.Unmarshal(raw, block)
	}
	if err != nil {
		return nil, fault.New(fault.Boot, `run "ccdev down -v", then "ccdev up"`, "cannot read the channel's genesis block: %w", err)
	}
	return block, nil
}
