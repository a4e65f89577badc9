package session

import (
	"context"
	"time"

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
	Reason     string `json:"reason,omitempty"`   // why the relay has nothing to run
	Crash      *Crash `json:"crash,omitempty"`    // the last one, unless a newer generation is live since
	TLS        string `json:"tls,omitempty"`      // server or mutual
	Debugger   string `json:"debugger,omitempty"` // host:port of the one that the live generation runs under

	External *ExternalStatus `json:"external,omitempty"` // of one that the user starts
}

// Crash is how a generation ended that was to run. The relay may have started it again, or have
// another one serve: the chaincode runs as long as it has no Reason.
type Crash struct {
	Exit       string    `json:"exit"` // "exit code 2", "killed: out of memory"
	Generation int       `json:"generation"`
	At         time.Time `json:"at"`
	Log        []string  `json:"log,omitempty"` // the last lines; of a Go panic the reason, and the frames of the user's code
}

// answerLimit bounds what a status asks of peers and relays: one that hangs must not hide the rest.
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
	services, err := l.rt.Services(ctx)
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
	for _, svc := range services {
		st.Services = append(st.Services, ServiceStatus{Service: svc, Address: addresses[svc.Name], Generation: generations[svc.Name]})
	}
	st.State = stateOf(services, addresses)
	s.ask(ctx, l, runningOf(services), &st)
	return st, nil
}

// stateOf judges the services the network needs, which wanted names.
func stateOf(services []runtime.Service, wanted map[string]string) string {
	up := 0
	for _, name := range runningOf(services) {
		if _, ok := wanted[name]; ok {
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
