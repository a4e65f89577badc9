package docker

import (
	"context"
	"net"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/runtime"
)

// portTaken is the fault of a port that somebody else has; nil when err is something else.
func (s *starting) portTaken(ctx context.Context, want *spec, err error) error {
	port := takenPort(err.Error(), want.host.PortBindings)
	if port == 0 {
		return nil
	}
	taken := &runtime.PortTaken{Service: want.service, Port: port, Owner: s.portOwner(ctx, port)}
	return taken.Fault()
}

// takenPort finds in what the engine said the port it could not publish; 0 when that is not what
// it says. The API has no code for it, only these words, which have hardly changed from 1.40 on:
//
//	Bind for 127.0.0.1:7051 failed: port is already allocated             another container
//	... listen tcp4 127.0.0.1:7051: bind: address already in use           a process
//	failed to bind host port 127.0.0.1:7051/tcp: address already in use    since 28.0
func takenPort(text string, published network.PortMap) int {
	if !strings.Contains(text, "already allocated") && !strings.Contains(text, "already in use") {
		return 0
	}
	for _, bindings := range published {
		for _, b := range bindings {
			port, err := strconv.Atoi(b.HostPort)
			if err == nil && mentions(text, net.JoinHostPort(b.HostIP.String(), b.HostPort)) {
				return port
			}
		}
	}
	return 0
}

// mentions says whether a text has this address, and not only one that begins like it.
func mentions(text, address string) bool {
	_, rest, found := strings.Cut(text, address)
	return found && (rest == "" || rest[0] < '0' || rest[0] > '9')
}

// portOwner says who listens on a port of this machine, as far as that can be known.
func (s *starting) portOwner(ctx context.Context, port int) string {
	list, err := s.engine.api.ContainerList(ctx, client.ContainerListOptions{})
	if err == nil {
		for _, c := range list.Items {
			for _, p := range c.Ports {
				if int(p.PublicPort) == port && len(c.Names) > 0 {
					return "container " + strings.TrimPrefix(c.Names[0], "/")
				}
			}
		}
	}
	return runtime.Listener(ctx, port)
}
