package network

import (
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// HostName is this machine for containers whose service says so.
const HostName = "host.docker.internal"

// External says whether the user starts the chaincode. Outside is then where it listens (Inside,
// as those know it who dial it), or in client mode where its relay listens for it. In containers
// what it has to bind is known by their engine only.
func (c Chaincode) External() bool { return c.Lang == project.LangExternal }

// outsideUse is the use of Outside's port: without a relay it is the chaincode's one port.
func (c Chaincode) outsideUse() string {
	if c.Relay {
		return c.Service + "-external"
	}
	return c.Service
}

// external gives the chaincode at index i a port for the process that the user starts.
func (b *builder) external(cc *Chaincode, i int) {
	switch {
	case cc.Mode == project.ModeClient:
		// 7052 is where Fabric's own peers listen for chaincodes (core.yaml: peer.chaincodeListenAddress).
		cc.Outside = b.endpoint(cc.Service, cc.outsideUse(), 9997, 7052+i)
		if b.err == nil && len(b.net.Peers()) > 1 {
			b.err = fault.New(fault.Usage, "let it listen (mode: server), or make the network with one peer",
				"chaincode %s is external and dials its peer, which one process can do for one peer only: the network has %d",
				cc.Name, len(b.net.Peers()))
		}
	case cc.Relay:
		cc.Outside = b.onThisMachine(b.endpoint(cc.Service, cc.outsideUse(), 9997, 9900+i))
	default:
		cc.Endpoint = b.onThisMachine(cc.Endpoint)
		cc.Outside = cc.Endpoint
	}
}

// onThisMachine is an endpoint of a process that is no service, which containers dial.
func (b *builder) onThisMachine(e Endpoint) Endpoint {
	if b.err != nil || b.net.Runtime != RuntimeDocker {
		return e
	}
	return Endpoint{Inside: HostName + e.Host[len("127.0.0.1"):]}
}
