package docker

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

// HostAddress is where a process on this machine has to listen for containers to reach it under
// the name that stands for "host-gateway". An engine on this machine gives them the address of its
// default bridge; one in a virtual machine forwards them to 127.0.0.1 here.
func (e *Engine) HostAddress(ctx context.Context) (string, error) {
	info, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return "", e.failed(err, "ask the engine what it runs on")
	}
	bridge, err := e.api.NetworkInspect(ctx, "bridge", client.NetworkInspectOptions{})
	if err != nil {
		return "", e.failed(err, "look at the default bridge, through which containers reach this machine")
	}
	// Docker Desktop on Linux may have a bridge of the same address as an engine beside it.
	if info.Info.OperatingSystem != "Docker Desktop" {
		for _, pool := range bridge.Network.IPAM.Config {
			if pool.Gateway.IsValid() && ownAddress(pool.Gateway) {
				return pool.Gateway.String(), nil
			}
		}
	}
	if !e.endpoint.near() {
		return "", fault.New(fault.Usage, "use an engine on this machine, or --runtime process",
			"the Docker daemon at %s is on another machine, whose containers cannot reach a process on this one", e.endpoint.host)
	}
	return "127.0.0.1", nil
}

// ownAddress says whether an address is one of this machine's.
func ownAddress(address netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr() == address {
			return true
		}
	}
	return false
}

// near says whether a daemon is on this machine, or in a virtual machine of it.
func (e endpoint) near() bool {
	if strings.HasPrefix(e.host, "unix://") || strings.HasPrefix(e.host, "npipe://") {
		return true
	}
	u, err := url.Parse(e.host)
	if err != nil || u.Scheme == "ssh" {
		return false
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && address.IsLoopback()
}
