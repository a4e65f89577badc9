package session

import (
	"context"
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
)

// Status is what a project's network is doing.
type Status struct {
	Project    string            `json:"project"`
	Dir        string            `json:"dir"`
	Runtime    string            `json:"runtime"`
	Fabric     string            `json:"fabric"`
	Channel    string            `json:"channel"`
	State      string            `json:"state"`  // StateUp, StatePartial or StateDown
	Height     uint64            `json:"height"` // blocks on the first org's peer; 0 when it does not answer
	Services   []ServiceStatus   `json:"services"`
	Chaincodes []ChaincodeStatus `json:"chaincodes"`
}

// The states of a network.
const (
	StateUp      = "up"      // every service runs
	StatePartial = "partial" // some do
	StateDown    = "down"    // none does
)

// ServiceStatus is one service, with the address this machine reaches it at.
type ServiceStatus struct {
	runtime.Service
	Address    string `json:"address,omitempty"`
	Generation int    `json:"generation,omitempty"` // of a chaincode
}

// ChaincodeStatus is one chaincode. Sequence is 0 while nothing is committed.
type ChaincodeStatus struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Sequence   int64  `json:"sequence"`
	PackageID  string `json:"packageID"`
	Generation int    `json:"generation"`
	Relay      bool   `json:"relay"`
	Reason     string `json:"reason,omitempty"` // why the relay has nothing to run
	TLS        string `json:"tls,omitempty"`    // server or mutual

	External *ExternalStatus `json:"external,omitempty"` // of one that the user starts
}

// answerLimit bounds what a status asks of a peer: one that hangs must not hide the rest.
const answerLimit = 2 * time.Second

// Status looks at everything the network has.
func (s *Session) Status(ctx context.Context) (Status, error) {
	l, err := s.find(ctx)
	if err != nil {
		return Status{}, err
	}
	n := l.net
	st := Status{
		Project: n.Name, Dir: n.Dir, Runtime: n.Runtime, Fabric: n.Fabric, Channel: n.Channel,
		Services: []ServiceStatus{}, Chaincodes: []ChaincodeStatus{}, // none is no null
	}
	running, err := l.rt.Services(ctx)
	if err != nil {
		return st, err
	}
	addresses := map[string]string{n.Orderer.Name: n.Orderer.Endpoint.Host}
	for _, p := range n.Peers() {
		addresses[p.Name] = p.Endpoint.Host
	}
	for _, d := range n.CouchDBs() {
		addresses[d.Name] = d.Endpoint.Host
	}
	generations := map[string]int{}
	for _, cc := range n.Chaincodes {
		if cc.Relay {
			addresses[cc.Service] = cc.Endpoint.Inside // it is for the peers only
		} else if !cc.External() {
			addresses[cc.Service] = cc.Endpoint.Host
		}
		record, err := recordedGeneration(n.ChaincodeDir(cc))
		if err != nil {
			return st, err
		}
		generations[cc.Service] = record.Live
		st.Chaincodes = append(st.Chaincodes, ChaincodeStatus{
			Name: cc.Name, Version: cc.Version, PackageID: cc.PackageID, Generation: record.Live, Relay: cc.Relay,
			TLS: cc.TLS.Mode,
		})
	}
	for _, svc := range running {
		st.Services = append(st.Services, ServiceStatus{Service: svc, Address: addresses[svc.Name], Generation: generations[svc.Name]})
	}
	st.State = stateOf(running, addresses)
	st.ask(ctx, n)
	st.askRelays(ctx, n)
	st.lookForExternal(ctx, l)
	return st, nil
}

// stateOf judges the services the network needs, which wanted names.
func stateOf(services []runtime.Service, wanted map[string]string) string {
	up := 0
	for _, s := range services {
		if _, ok := wanted[s.Name]; ok && s.State == runtime.Running {
			up++
		}
	}
	switch up {
	case 0:
		return StateDown
	case len(wanted):
		return StateUp
	default:
		return StatePartial
	}
}

// ask asks the first org's peer, if it runs, what is on the channel.
func (st *Status) ask(ctx context.Context, n network.Network) {
	org := n.Orgs[0]
	peer := org.Peers[0]
	if !slices.ContainsFunc(st.Services, func(s ServiceStatus) bool { return s.Name == peer.Name && s.State == runtime.Running }) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	a, err := lifecycle.NewAdmin(n, org, peer)
	if err != nil {
		return // the services' states are the answer there is
	}
	defer a.Close() //nolint:errcheck // nothing is left to send
	if st.Height, err = a.Height(ctx); err != nil {
		return
	}
	for i, cc := range st.Chaincodes {
		if d, found, err := a.Committed(ctx, cc.Name); err == nil && found {
			st.Chaincodes[i].Sequence = d.Sequence
		}
	}
}

// askRelays asks the relays which generation is live. One that does not answer leaves what was
// recorded.
func (st *Status) askRelays(ctx context.Context, n network.Network) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	for i, cc := range n.Chaincodes {
		if !cc.Relay {
			continue
		}
		client, err := dialRelay(n, cc)
		if err != nil {
			continue
		}
		if status, err := client.Status(ctx); err == nil {
			st.Chaincodes[i].Generation, st.Chaincodes[i].Reason = status.Live, status.Reason
			for k := range st.Services {
				if st.Services[k].Name == cc.Service {
					st.Services[k].Generation = status.Live
				}
			}
		}
		client.Close()
	}
}
