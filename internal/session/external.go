package session

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/steps"
)

// ExternalStatus is how a chaincode is that the user starts.
type ExternalStatus struct {
	Mode      relay.Mode `json:"mode"`
	Address   string     `json:"address"` // where it has to listen; in client mode what it has to dial
	Connected bool       `json:"connected"`
}

// String tells it to a user.
func (e ExternalStatus) String() string {
	if e.Connected {
		return "your chaincode at " + e.Address + " is connected"
	}
	return "waiting for your chaincode at " + e.Address
}

// external makes of a deployment's steps those of a chaincode that the user starts.
func (d *deployment) external(all []steps.Step) []steps.Step {
	if !d.cc.External() {
		return all
	}
	all = slices.DeleteFunc(all, func(s steps.Step) bool { return s.Name == d.step("build") })
	for i := range all {
		switch all[i].Name {
		case d.step("start"):
			all[i].Run, all[i].Needs, all[i].Reason = d.attend, []string{stepNodes}, "by you; it is waited for"
		case d.step("ready"):
			all[i].Run, all[i].Reason = d.committed, "a first answer, if you have started it"
		}
	}
	return all
}

// attend has the relay wait for the chaincode. Without a relay the peers dial it when it is called.
func (d *deployment) attend(ctx context.Context) (note string, err error) {
	st, err := d.externalStatus(ctx, d.cc)
	if err != nil || !d.cc.Relay {
		return st.String(), err
	}
	client, err := dialRelay(d.net, d.cc)
	if err != nil {
		return "", err
	}
	defer client.Close()
	e := relay.External{Mode: st.Mode, Address: d.cc.Outside.Inside, Absent: absentText(d.cc, st)}
	if e.Mode == relay.Client {
		e.Address = d.cc.Outside.Listen
	}
	err = d.watching(ctx, d.cc.Service, fault.Boot, func(ctx context.Context) error {
		if _, err := awaitRelay(ctx, client); err != nil {
			return fault.New(fault.Boot, fmt.Sprintf("read its log: \"ccdev logs %s\"", d.cc.Service),
				"the relay of %s does not answer: %w", d.cc.Name, err)
		}
		if err := client.Attend(ctx, e); err != nil {
			return fault.New(fault.Boot, "end what listens there, or set another port in ccdev.yaml",
				"the relay of %s cannot wait for the chaincode: %w", d.cc.Name, err)
		}
		return nil
	})
	return st.String(), err
}

// absentText is what callers of the chaincode hear while it is not there.
func absentText(cc network.Chaincode, st ExternalStatus) string {
	why := "nothing listens at " + st.Address
	if st.Mode == relay.Client {
		why = "it has not called " + st.Address
	}
	return fmt.Sprintf("chaincode %s is one that you start (lang: external), and %s: start it with what \"ccdev env --chaincode %s\" prints",
		cc.Name, why, cc.Name)
}

// committed waits until every org's peer knows the chaincode, and calls it if it is there.
func (d *deployment) committed(ctx context.Context) (note string, err error) {
	st, err := d.externalStatus(ctx, d.cc)
	if err != nil {
		return "", err
	}
	err = d.onPeers(ctx, firstPeer, func(ctx context.Context, a *lifecycle.Admin) error {
		if err := a.AwaitCommitted(ctx, d.definition); err != nil || !st.Connected {
			return err
		}
		return d.answers(ctx, a)
	})
	return st.String(), err
}

// externalStatus looks whether the chaincode is there.
func (l *live) externalStatus(ctx context.Context, cc network.Chaincode) (ExternalStatus, error) {
	st := ExternalStatus{Mode: relay.Server}
	if cc.Mode == project.ModeClient {
		st.Mode = relay.Client
	}
	var err error
	if st.Address, err = l.externalAddress(ctx, cc); err != nil {
		return st, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if !cc.Relay {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", st.Address)
		st.Connected = err == nil && conn.Close() == nil
		return st, nil
	}
	client, err := dialRelay(l.net, cc)
	if err != nil {
		return st, err
	}
	defer client.Close()
	if status, err := client.Status(ctx); err == nil && status.External != nil { // a relay that is not up has nothing
		st.Connected = status.External.Connected
	}
	return st, nil
}

// externalAddress is where the chaincode has to listen; in client mode what it has to dial.
func (l *live) externalAddress(ctx context.Context, cc network.Chaincode) (string, error) {
	if cc.Mode == project.ModeClient {
		return cc.Outside.Host, nil
	}
	if l.engine == nil {
		return cc.Outside.Listen, nil
	}
	host, err := l.engine.HostAddress(ctx)
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(cc.Outside.Inside)
	return net.JoinHostPort(host, port), err
}

// absent is the fault of an external chaincode that is not there; nil if it is, or if its relay
// tells callers.
func (l *live) absent(ctx context.Context, cc network.Chaincode) error {
	if cc.Relay {
		return nil
	}
	st, err := l.externalStatus(ctx, cc)
	if err != nil || st.Connected {
		return nil //nolint:nilerr // the call's own error is the one to tell
	}
	return fault.New(fault.Chaincode, startIt(cc), "%s", absentText(cc, st))
}

func startIt(cc network.Chaincode) string {
	return fmt.Sprintf("start the chaincode with the variables that \"ccdev env --chaincode %s\" prints", cc.Name)
}

// thenInit goes behind startIt where the chaincode waits for its init, too.
const thenInit = `then run "ccdev up -d", which gives it its init`

// untilItIsStarted gives a call that has failed the way out, where its chaincode is an external one
// that is not there. Whatever it was that failed, the chaincode is not ready.
func (s *Session) untilItIsStarted(ctx context.Context, n network.Network, call gateway.Call, err error) error {
	cc, ours := n.Chaincode(call.Chaincode)
	f := fault.From(err)
	if !ours || !cc.External() || f.Kind != fault.Transaction && f.Kind != fault.Chaincode {
		return err
	}
	l, failed := s.attach(ctx, n)
	if failed != nil {
		return err
	}
	if st, failed := l.externalStatus(ctx, cc); failed != nil || st.Connected {
		return err
	}
	fix := startIt(cc)
	if gateway.WaitsForInit(err) {
		fix += ",\n" + thenInit
	}
	return fault.New(fault.Chaincode, fix, "%w", err).WithLog(f.Log)
}

// tellPace is how often it is looked whether an external chaincode is there.
const tellPace = 500 * time.Millisecond

// tellExternal tells when the chaincode comes and goes, until ctx ends.
func (d *deployment) tellExternal(ctx context.Context) error {
	st, err := d.externalStatus(ctx, d.cc)
	if err != nil {
		return err
	}
	d.emit(event.Notice{Text: d.cc.Name + ": " + st.String()})
	looks := time.NewTicker(tellPace)
	defer looks.Stop()
	for {
		select {
		case <-looks.C:
		case <-ctx.Done():
			return nil
		}
		now, err := d.externalStatus(ctx, d.cc)
		if err != nil || ctx.Err() != nil || now.Connected == st.Connected {
			continue
		}
		st = now
		word := "come"
		if !now.Connected {
			word = "gone"
		}
		d.emit(event.Notice{Text: d.cc.Name + ": the external chaincode has " + word})
	}
}

// reloadable refuses a reload of a chaincode that is not there, and of nothing but chaincodes that
// the user starts.
func reloadable(n network.Network, name string) error {
	cc, known := n.Chaincode(name)
	if !known {
		return noChaincode(name)
	}
	for _, cc := range n.Chaincodes {
		if (name == "" || name == cc.Name) && !cc.External() {
			return nil
		}
	}
	return fault.New(fault.Usage, "start it again where you have started it: the relay takes it as soon as it is there",
		"chaincode %s is one that you start (lang: external): ccdev neither builds nor runs it", cc.Name)
}
