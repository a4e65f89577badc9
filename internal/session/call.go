package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

// Call is a transaction that a user asks for. Empty fields have defaults: the network's first
// chaincode, its channel, the Admin of its first org, and the orgs that the policy asks for.
type Call struct {
	Chaincode string
	Channel   string
	As        string   // USER or USER@ORG
	Orgs      []string // that must endorse, by name, MSP ID or domain
	Function  string
	Args      [][]byte
	Transient map[string][]byte
}

// Invoke submits a call and waits for its commit.
func (s *Session) Invoke(ctx context.Context, c Call) (gateway.Result, error) {
	return s.call(ctx, c, (*gateway.Client).Submit)
}

// Query evaluates a call on one peer.
func (s *Session) Query(ctx context.Context, c Call) (gateway.Result, error) {
	return s.call(ctx, c, (*gateway.Client).Evaluate)
}

func (s *Session) call(ctx context.Context, c Call,
	run func(*gateway.Client, context.Context, gateway.Call) (gateway.Result, error),
) (gateway.Result, error) {
	n, err := s.Network()
	if err != nil {
		return gateway.Result{}, err
	}
	call, err := resolve(n, c)
	if err != nil {
		return gateway.Result{}, err
	}
	org, user, err := caller(n, c.As)
	if err != nil {
		return gateway.Result{}, err
	}
	client, err := gateway.Connect(n, org, user)
	if err != nil {
		return gateway.Result{}, err
	}
	defer client.Close() //nolint:errcheck // nothing is left to send
	result, err := s.whileItRuns(ctx, n, call, func(ctx context.Context) (gateway.Result, error) { return run(client, ctx, call) })
	return result, explained(ctx, n, call, result.TxID, err)
}

// resolve fills in a call's defaults and checks its names. A chaincode that ccdev did not deploy
// may be called all the same.
func resolve(n network.Network, c Call) (gateway.Call, error) {
	call := gateway.Call{
		Channel: c.Channel, Chaincode: c.Chaincode, Function: c.Function, Args: c.Args, Transient: c.Transient,
	}
	if call.Channel == "" {
		call.Channel = n.Channel
	}
	if call.Chaincode == "" {
		first, found := n.Chaincode("")
		if !found {
			return call, noChaincode("")
		}
		call.Chaincode = first.Name
	}
	for _, name := range c.Orgs {
		org, err := orgOf(n, name)
		if err != nil {
			return call, err
		}
		call.Orgs = append(call.Orgs, org.MSPID)
	}
	return call, nil
}

// chaincode finds a chaincode of the network: the first one for an empty name.
func (s *Session) chaincode(name string) (network.Network, network.Chaincode, error) {
	n, err := s.Network()
	if err != nil {
		return n, network.Chaincode{}, err
	}
	cc, found := n.Chaincode(name)
	if !found {
		return n, cc, noChaincode(name)
	}
	return n, cc, nil
}

// noChaincode is the fault of a chaincode that the network does not have; none for an empty name.
func noChaincode(name string) error {
	if name == "" {
		return fault.New(fault.Usage, `name one with -n; "ccdev querycommitted" lists those that were committed by hand`,
			"the network has no chaincode of ccdev's (chaincodes in ccdev.yaml is empty)")
	}
	return fault.New(fault.Usage, `see which there are: "ccdev status"`, "the network has no chaincode %q", name)
}

func orgOf(n network.Network, name string) (network.Org, error) {
	org, found := n.Org(name)
	if !found {
		var names []string
		for _, o := range n.Orgs {
			names = append(names, o.Name)
		}
		return org, fault.New(fault.Usage, "use one of: "+strings.Join(names, ", "), "the network has no org %q", name)
	}
	return org, nil
}

// caller finds the user that as means: USER@ORG, or the first org's that has a USER.
func caller(n network.Network, as string) (org network.Org, user string, err error) {
	if as == "" {
		return n.Orgs[0], network.AdminUser, nil
	}
	if user, name, found := strings.Cut(as, "@"); found {
		org, err = orgOf(n, name)
		return org, user, err
	}
	var there []string
	for _, o := range n.Orgs {
		names := []string{network.AdminUser}
		for _, u := range o.Users {
			names = append(names, u.Name)
		}
		if slices.Contains(names, as) {
			return o, as, nil
		}
		for _, name := range names {
			there = append(there, name+"@"+o.Name)
		}
	}
	return org, "", fault.New(fault.Usage,
		fmt.Sprintf("use one of: %s; or make the user: \"ccdev user add %s\"", strings.Join(there, ", "), as),
		"the network has no user %q", as)
}
