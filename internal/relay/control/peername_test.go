package control

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestPeersAreKnownByTheirNames(t *testing.T) {
	names := peerNames{
		names: []string{"peer0.org1", "peer0.org2", "down"},
		owner: func(local, remote netip.AddrPort) string {
			if remote.Port() != 9999 {
				t.Errorf("the other end is %s", remote)
			}
			return map[uint16]string{1: "peer0.org2", 2: "somebody"}[local.Port()]
		},
		lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
			switch host {
			case "peer0.org1":
				return []netip.Addr{netip.MustParseAddr("::ffff:172.18.0.3")}, nil
			case "down":
				<-ctx.Done() // what does not run may be sought for long
			}
			return nil, errors.New("no such host")
		},
	}
	for from, want := range map[string]string{
		"172.18.0.3:5": "peer0.org1",
		"172.18.0.9:5": "",
		"127.0.0.1:1":  "peer0.org2",
		"127.0.0.1:2":  "",
		"127.0.0.1:3":  "",
	} {
		if got := names.seen(t, from); got != want {
			t.Errorf("who dials from %s is %q, want %q", from, got, want)
		}
	}
	if got := newPeerNames([]string{"peer0.org1"}).seen(t, "127.0.0.1:3"); got != "peer0.org1" {
		t.Errorf("the only peer is %s", got)
	}
	if got := newPeerNames(nil).seen(t, "127.0.0.1:3"); got != "" {
		t.Errorf("where no peers are named, one is %s", got)
	}
}

// seen is the peer that dials from an address.
func (p peerNames) seen(t *testing.T, from string) string {
	t.Helper()
	remote := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))
	return p.of(t.Context(), remote, &net.TCPAddr{IP: remote.IP, Port: 9999})
}
