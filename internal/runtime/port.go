package runtime

import "fmt"

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
