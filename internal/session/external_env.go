package session

import (
	"context"
	"maps"
	"slices"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/host"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
)

// ExternalEnv is what to start an external chaincode with.
type ExternalEnv struct {
	ExternalStatus
	Chaincode string            `json:"chaincode"`
	PackageID string            `json:"packageID"`
	Env       map[string]string `json:"variables"`
	Arguments []string          `json:"arguments,omitempty"` // of a program on Go's shim that dials
}

// Variables are those of Env, sorted.
func (e ExternalEnv) Variables() []Variable {
	var all []Variable
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		all = append(all, Variable{Name: name, Value: e.Env[name]})
	}
	return all
}

// ExternalEnv gives what to start a chaincode of lang external with (the first one for an empty name).
func (s *Session) ExternalEnv(ctx context.Context, name string) (ExternalEnv, error) {
	l, err := s.find(ctx)
	if err != nil {
		return ExternalEnv{}, err
	}
	cc, found := l.net.Chaincode(name)
	if !found {
		return ExternalEnv{}, noChaincode(name)
	}
	if !cc.External() {
		return ExternalEnv{}, fault.New(fault.Usage, "set lang: external for it in ccdev.yaml, then run \"ccdev up -d\"",
			"chaincode %s is run by ccdev: there is nothing for you to set", cc.Name)
	}
	return l.externalEnv(ctx, cc)
}

func (l *live) externalEnv(ctx context.Context, cc network.Chaincode) (ExternalEnv, error) {
	st, err := l.externalStatus(ctx, cc)
	if err != nil {
		return ExternalEnv{}, err
	}
	id := cc.PackageID
	env := ExternalEnv{ExternalStatus: st, Chaincode: cc.Name, PackageID: id, Env: map[string]string{}}
	env.Env["CORE_PEER_LOCALMSPID"] = l.net.Orgs[0].MSPID
	maps.Copy(env.Env, cc.Env)
	maps.Copy(env.Env, host.Variables(id, st.Mode, st.Address))
	secure := cctls.Setup{Mode: cc.TLS.Mode, Dir: cc.TLS.Dir, Name: cc.Host()}
	maps.Copy(env.Env, secure.Variables(st.Mode == relay.Server))
	env.Arguments = host.Arguments(st.Mode, st.Address)
	return env, nil
}
