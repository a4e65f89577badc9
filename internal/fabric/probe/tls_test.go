package probe_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fabric/probe"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/wait"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
)

// secured is TLS with certificates in dir; nil for off.
func secured(t *testing.T, mode, dir string) *cctls.TLS {
	t.Helper()
	if mode == "off" {
		return nil
	}
	const host = "chaincode-basic"
	if err := msp.EnsureChaincode(dir, host); err != nil {
		t.Fatal(err)
	}
	secure, err := cctls.Setup{Mode: mode, Dir: dir, Name: host}.Load()
	if err != nil {
		t.Fatal(err)
	}
	return secure
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct {
		wanted, speaks string
		says           string // "" where they get on
	}{
		{"server", "server", ""},
		{"mutual", "mutual", ""},
		{"server", "off", "it listens without TLS"},
		{"off", "server", "it listens with TLS"},
		{"server", "mutual", "it asks for a client certificate"},
	} {
		t.Run(tc.wanted+" and "+tc.speaks, func(t *testing.T) {
			l := listen(t)
			s := grpc.NewServer(grpc.Creds(secured(t, tc.speaks, dir).Server(func(net.Addr, error) {})))
			peer.RegisterChaincodeServer(s, registers(peer.ChaincodeMessage_REGISTER, name(t, id), nil))
			go func() { _ = s.Serve(l) }() // it ends with Stop
			t.Cleanup(s.Stop)
			err := wait.For(t.Context(), time.Minute, func(ctx context.Context) error {
				return probe.Register(ctx, l.Addr().String(), id, secured(t, tc.wanted, dir))
			})
			if tc.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if f := fault.From(err); f == nil || f.Fix == "" || !strings.Contains(f.What, tc.says) {
				t.Errorf("%#v, want %q", f, tc.says)
			}
		})
	}
}
