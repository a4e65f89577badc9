package network

import (
	"net"
	"slices"
	"strconv"
)

// Use is what the network has one port of this machine for.
type Use struct {
	Name    string // as the project file and the book of ports have it: "orderer-admin"
	Service string // that listens there
	Port    int
	Node    bool // the service is the orderer, a peer or a peer's database
}

// Uses are all ports of this machine that the network listens on.
func (n Network) Uses() []Use {
	var uses []Use
	add := func(name, service string, e Endpoint, node bool) {
		uses = append(uses, Use{Name: name, Service: service, Port: portOf(e), Node: node})
	}
	orderer := n.Orderer.Name
	add(orderer, orderer, n.Orderer.Endpoint, true)
	add(ordererAdmin, orderer, n.Orderer.Admin, true)
	for _, p := range n.Peers() {
		add(p.Name, p.Name, p.Endpoint, true)
	}
	for _, d := range n.CouchDBs() {
		add(d.Name, d.Name, d.Endpoint, true)
	}
	for _, cc := range n.Chaincodes {
		if !cc.Relay || n.Runtime == RuntimeProcess { // a container's relay listens for the peers only
			add(cc.Service, cc.Service, cc.Endpoint, false)
		}
		if cc.Relay {
			add(controlUse(cc.Service), cc.Service, cc.Control, false)
		}
		if cc.Debug.Host != "" { // one recorded by an older ccdev has none
			add(debugUse(cc.Service), cc.Service, cc.Debug, false)
		}
	}
	return uses
}

// CanMove tells whether a use may get another port while the network lives. A node that is a plain
// process cannot: the genesis block and the other nodes know it by its port. Of a container they
// know the port inside, and a chaincode that moves has a new definition at most.
func (n Network) CanMove(u Use) bool { return !u.Node || n.Runtime == RuntimeDocker }

// WithNodesMoved gives these nodes' uses the ports that port has for them now, and keeps all else.
func (n Network) WithNodesMoved(uses []Use, port Port) (Network, error) {
	n.Orgs = slices.Clone(n.Orgs)
	ends := map[string]*Endpoint{n.Orderer.Name: &n.Orderer.Endpoint, ordererAdmin: &n.Orderer.Admin}
	for i := range n.Orgs {
		n.Orgs[i].Peers = slices.Clone(n.Orgs[i].Peers)
		for k := range n.Orgs[i].Peers {
			peer := &n.Orgs[i].Peers[k]
			ends[peer.Name], ends[peer.CouchDB.Name] = &peer.Endpoint, &peer.CouchDB.Endpoint
		}
	}
	for _, u := range uses {
		if !u.Node {
			continue
		}
		to, err := port(u.Name, 0, u.Port)
		if err != nil {
			return n, err
		}
		ends[u.Name].Host = hostPort("127.0.0.1", to)
	}
	return n, nil
}

// controlUse is the use of a relay's second port.
func controlUse(service string) string { return service + "-control" }

// debugUse is the use of the port for a debugger.
func debugUse(service string) string { return service + "-debug" }

func portOf(e Endpoint) int {
	_, text, _ := net.SplitHostPort(e.Host) // recorded as New made it
	port, _ := strconv.Atoi(text)
	return port
}
