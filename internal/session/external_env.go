package session

import (
	"context"
	"maps"

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
	Variables map[string]string `json:"variables"`
	Arguments []string          `json:"arguments,omitempty"` // of a program on Go's shim that dials
}

// ExternalEnv gives what to start a chaincode of lang external with (the first one for an empty name).
func (s *Session) ExternalEnv(ctx context.Context, name string) (ExternalEnv, error) {
	l, err := s.find(ctx)
	if err != nil {
		return ExternalEnv{}, err
	}
	cc, found := l.net.Chaincode(name)
	if !found {
		return ExternalEnv{}, fault.New(fault.Usage, `see which there are: "ccdev status"`, "the network has no chaincode %q", name)
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
	_, id, err := packageOf(cc, packageType)
	if err != nil {
		return ExternalEnv{}, err
	}
	env := ExternalEnv{ExternalStatus: st, Chaincode: cc.Name, PackageID: id, Variables: map[string]string{}}
	env.Variables["CORE_PEER_LOCALMSPID"] = l.net.Orgs[0].MSPID
	maps.Copy(env.Variables, cc.Env)
	maps.Copy(env.Variables, host.Variables(id, st.Mode, st.Address))
	secure := cctls.Setup{Mode: cc.TLS.Mode, Dir: cc.TLS.Dir, Name: cc.Host()}
	maps.Copy(env.Variables, secure.Variables(st.Mode == relay.Server))
	env.Arguments = host.Arguments(st.Mode, st.Address)
	return env, nil
}
