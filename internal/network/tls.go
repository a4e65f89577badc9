package network

import (
	"net"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/project"
)

// TLS is how a chaincode, its relay and the peers prove to each other who they are. Its zero value
// is no TLS.
type TLS struct {
	Mode string `json:"mode,omitempty"` // project.TLSServer or project.TLSMutual
	Dir  string `json:"dir,omitempty"`  // on this machine, with the files that package cctls names
}

// tls makes what the project asks of a chaincode definite. The user's own certificates have a
// folder beside the one of those that ccdev makes, which thereby last.
func (n Network) tls(cc Chaincode, t project.TLS) TLS {
	switch {
	case !t.On():
		return TLS{}
	case t.Given():
		return TLS{Mode: t.Mode, Dir: filepath.Join(n.ChaincodeDir(cc), "tls-given")}
	default:
		return TLS{Mode: t.Mode, Dir: filepath.Join(n.ChaincodeDir(cc), "tls")}
	}
}

// Host is the host in the chaincode's package, which the peers look for in its certificate.
func (c Chaincode) Host() string {
	host, _, _ := net.SplitHostPort(c.Endpoint.Inside) // as the network has made it
	return host
}
