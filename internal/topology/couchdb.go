package topology

import (
	"github.com/ccdev/ccdev/internal/network"
	"github.com/compose-spec/compose-go/v2/types"
)

// peerLoggingSpec leaves out what the peer says of its own start: all of its configuration is in it,
// and the password there.
var peerLoggingSpec = loggingSpec + ":nodeCmd=warning"

// addCouchDB adds the database of a peer, which starts after it. There is no health check: whoever
// starts the database asks it at its port on this machine, which is also there for the user's
// browser, and so needs no program in the image that could ask.
func addCouchDB(model *types.Project, n network.Network, p network.Peer) error {
	d := p.CouchDB
	service := newService(d.Name, program{image: n.Programs.CouchDB}, nil)
	service.StopGracePeriod = grace(nodeGrace)
	if err := addFiles(model, &service, n.NodeDir(d), d.ConfigDir); err != nil {
		return err
	}
	addVolume(model, n, &service, d.DataDir)
	port, err := publish(d.Endpoint)
	if err != nil {
		return err
	}
	service.Ports = []types.ServicePortConfig{port}
	model.Services[d.Name] = service

	peer := model.Services[p.Name]
	peer.Environment["FABRIC_LOGGING_SPEC"] = &peerLoggingSpec
	peer.DependsOn = types.DependsOnConfig{d.Name: {Condition: types.ServiceConditionStarted}}
	model.Services[p.Name] = peer
	return nil
}
