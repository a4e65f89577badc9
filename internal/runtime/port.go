package runtime

import (
	"context"
	"fmt"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

// PortTaken says that a service cannot listen because somebody else does. It is the cause of
// the fault that Start returns for it.
type PortTaken struct {
	Service string
	Port    int
	Owner   string // "pid 4312 (peer)", "container web"; empty when it cannot be known
}

func (e *PortTaken) Error() string {
	if e.Owner == "" {
		return fmt.Sprintf("%s cannot listen: port %d is in use", e.Service, e.Port)
	}
	return fmt.Sprintf("%s cannot listen: port %d is in use by %s", e.Service, e.Port, e.Owner)
}

// Fault is the fault for it, of the kind Boot.
func (e *PortTaken) Fault() *fault.Fault {
	return fault.New(fault.Boot, fmt.Sprintf("end what listens on port %d, or give %s another port", e.Port, e.Service), "%w", e)
}

// Listener says which process listens on a TCP port of this machine: "pid 4312 (peer)". It is
// empty when that cannot be known, as for processes of other users.
func Listener(ctx context.Context, port int) string {
	conns, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return ""
	}
	for _, c := range conns {
		if c.Status != "LISTEN" || int(c.Laddr.Port) != port || c.Pid == 0 {
			continue
		}
		owner := fmt.Sprintf("pid %d", c.Pid)
		if p, err := process.NewProcessWithContext(ctx, c.Pid); err == nil {
			if name, err := p.NameWithContext(ctx); err == nil && name != "" {
				owner += " (" + name + ")"
			}
		}
		return owner
	}
	return ""
}
