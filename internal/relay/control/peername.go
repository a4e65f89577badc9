package control

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/runtime/process"
)

// lookupLimit bounds what is asked for a peer's name: the peer waits for it.
const lookupLimit = time.Second

// peerNames finds out which peer dials, of those there are. Peers do not say it: not in any message,
// and without a certificate.
type peerNames struct {
	names  []string
	owner  func(local, remote netip.AddrPort) string
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

func newPeerNames(names []string) peerNames {
	return peerNames{names, process.ServiceOf, func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}}
}

// of is the name of a peer, "" if it cannot be found out. Peers that are plain processes are told by
// whose the connection is, and containers by their addresses on the network.
func (p peerNames) of(ctx context.Context, remote, local net.Addr) string {
	if len(p.names) == 1 {
		return p.names[0]
	}
	from, ok := remote.(*net.TCPAddr)
	if !ok {
		return ""
	}
	if !from.IP.IsLoopback() {
		return p.at(ctx, from.AddrPort().Addr().Unmap())
	}
	to, ok := local.(*net.TCPAddr)
	if !ok {
		return ""
	}
	if name := p.owner(from.AddrPort(), to.AddrPort()); slices.Contains(p.names, name) {
		return name
	}
	return ""
}

// at is the peer whose host has an address. All are looked up at once: one that does not run may take
// long not to be found.
func (p peerNames) at(ctx context.Context, address netip.Addr) string {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	found := make(chan string, len(p.names))
	for _, name := range p.names {
		go func() { // it ends with ctx, and needs no reader
			addresses, _ := p.lookup(ctx, name) // none are no match
			if !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return a.Unmap() == address }) {
				name = ""
			}
			found <- name
		}()
	}
	for range p.names {
		if name := <-found; name != "" {
			return name
		}
	}
	return ""
}
