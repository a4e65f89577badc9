// Package dial opens gRPC connections to peers and orderers, with TLS, and quickly once they are up.
package dial

import (
	"crypto/tls"
	"fmt"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/network"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
)

// MaxMessage is the largest message peers and chaincodes exchange, in bytes
// (core/comm/config.go: MaxRecvMsgSize). gRPC's own limit is 4 MiB.
const MaxMessage = 100 << 20

// Options are what every connection to a starting service wants: a first retry after
// milliseconds (gRPC's own is one second), and large messages.
func Options() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 10 * time.Millisecond, Multiplier: 1.2, Jitter: 0.1, MaxDelay: 50 * time.Millisecond,
			},
			MinConnectTimeout: 2 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessage), grpc.MaxCallSendMsgSize(MaxMessage)),
	}
}

// Peer connects to a peer of the org as this machine reaches it. The connection is made when it
// is first used. The caller closes it.
func Peer(n network.Network, org network.Org, peer network.Peer) (*grpc.ClientConn, error) {
	return node(n, org.Domain, peer.Node)
}

// Orderer connects to the orderer as Peer does to a peer.
func Orderer(n network.Network) (*grpc.ClientConn, error) {
	return node(n, n.Orderer.Domain, n.Orderer.Node)
}

func node(n network.Network, domain string, node network.Node) (*grpc.ClientConn, error) {
	roots, err := msp.TLSRoots(n, domain)
	if err != nil {
		return nil, err
	}
	creds := credentials.NewTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
	// passthrough: the address is an IP, and what a resolver would add is time.
	conn, err := grpc.NewClient("passthrough:///"+node.Endpoint.Host, append(Options(), grpc.WithTransportCredentials(creds))...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", node.Name, err)
	}
	return conn, nil
}
