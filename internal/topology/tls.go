package topology

import (
	"path"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/compose-spec/compose-go/v2/types"
)

// containerTLSDir is where a container has the files of a chaincode's TLS.
const containerTLSDir = "/etc/ccdev/tls"

// tlsIn is a chaincode's TLS as its service sees it.
func tlsIn(n network.Network, cc network.Chaincode) cctls.Setup {
	s := cctls.Setup{Mode: cc.TLS.Mode, Dir: cc.TLS.Dir, Name: cc.Host()}
	if s.On() && n.Runtime == network.RuntimeDocker {
		s.Dir = containerTLSDir
	}
	return s
}

// addTLS gives a service some files of a chaincode's TLS.
func addTLS(model *types.Project, service *types.ServiceConfig, cc network.Chaincode, secure cctls.Setup, files []string) {
	if !secure.On() {
		return
	}
	for _, name := range files {
		addFile(model, service, "tls-"+name, filepath.Join(cc.TLS.Dir, name), path.Join(secure.Dir, name), 0o600)
	}
}
