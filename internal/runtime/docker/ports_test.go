package docker

import (
	"net/netip"
	"testing"

	"github.com/moby/moby/api/types/network"
)

func TestTakenPort(t *testing.T) {
	published := network.PortMap{
		network.MustParsePort("7051/tcp"): {{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: "705"}},
		network.MustParsePort("9443/tcp"): {{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: "7051"}},
		network.MustParsePort("53/udp"):   {{HostIP: netip.MustParseAddr("::1"), HostPort: "5353"}},
		network.MustParsePort("54/udp"):   {{HostIP: netip.MustParseAddr("127.0.0.1")}},
	}
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"another container": {"driver failed programming external connectivity on endpoint x (7051): Bind for 127.0.0.1:7051 failed: port is already allocated", 7051},
		"a process":         {"Error starting userland proxy: listen tcp4 127.0.0.1:7051: bind: address already in use", 7051},
		"engine 28":         {"failed to bind host port 127.0.0.1:705/tcp: address already in use", 705},
		"at the end":        {"address already in use: 127.0.0.1:7051", 7051},
		"IPv6":              {"listen udp6 [::1]:5353: bind: address already in use", 5353},
		"another's port":    {"listen tcp4 127.0.0.1:8080: bind: address already in use", 0},
		"something else":    {"exec: /peer: no such file at 127.0.0.1:7051", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := takenPort(c.text, published); got != c.want {
				t.Errorf("found port %d, want %d", got, c.want)
			}
		})
	}
}
