//go:build unix

package process

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/wait"
)

// port is a TCP port a service listens on.
type port struct {
	Host   string
	Number int
}

// takePorts takes the published ports. The service itself binds them: nothing could give it
// another number.
func takePorts(p *plan, s types.ServiceConfig) error {
	for _, published := range s.Ports {
		if published.Published == "" || published.Protocol == "udp" {
			continue // nobody counts on it, or it cannot be asked for without taking it
		}
		number, err := strconv.ParseUint(published.Published, 10, 16)
		if err != nil || uint32(number) != published.Target {
			return cannot(p.service, "it listens on port %d, but is expected on port %s", published.Target, published.Published)
		}
		host := published.HostIP
		if host == "" {
			host = "127.0.0.1"
		}
		p.ports = append(p.ports, port{Host: host, Number: int(number)})
	}
	return nil
}

// checkPorts sees that the ports of a service are free, because the service would only say so in
// its log.
func checkPorts(ctx context.Context, p plan) error {
	for _, port := range p.ports {
		err := wait.For(ctx, probeLimit, func(ctx context.Context) error { return tryPort(ctx, p.service, port) })
		var f *fault.Fault
		if errors.As(err, &f) {
			return f // without how long it was tried
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// probeLimit is longer than anybody holds a port only to see whether it is free.
const probeLimit = 200 * time.Millisecond

// tryPort takes a port and gives it back. A port that is in use by nobody who can be seen is
// worth another try.
func tryPort(ctx context.Context, service string, port port) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(port.Host, strconv.Itoa(port.Number)))
	if err == nil {
		err = l.Close()
	}
	if err == nil {
		return nil
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return wait.Stop(fault.New(fault.Boot, "choose another port", "%s cannot listen: %w", service, err))
	}
	taken := &runtime.PortTaken{Service: service, Port: port.Number, Owner: runtime.Listener(ctx, port.Number)}
	if taken.Owner != "" {
		return wait.Stop(taken.Fault())
	}
	return taken.Fault()
}
