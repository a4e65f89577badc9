package network_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

func TestWhereAnExternalChaincodeListens(t *testing.T) {
	off := false
	for name, tc := range map[string]struct {
		runtime, mode    string
		relay            *bool
		inside, endpoint string // of Outside, and of the peers
	}{
		"process":                 {network.RuntimeProcess, "", nil, "127.0.0.1:9900", "127.0.0.1:9999"},
		"docker":                  {network.RuntimeDocker, "", nil, "host.docker.internal:9900", "chaincode-basic:9999"},
		"process, no relay":       {network.RuntimeProcess, "", &off, "127.0.0.1:9999", "127.0.0.1:9999"},
		"docker, no relay":        {network.RuntimeDocker, "", &off, "host.docker.internal:9999", "host.docker.internal:9999"},
		"process, one that dials": {network.RuntimeProcess, project.ModeClient, nil, "127.0.0.1:7052", "127.0.0.1:9999"},
		"docker, one that dials":  {network.RuntimeDocker, project.ModeClient, nil, "chaincode-basic:9997", "chaincode-basic:9999"},
	} {
		t.Run(name, func(t *testing.T) {
			p := assets("/p")
			p.Chaincodes = []project.Chaincode{{Name: "basic", Lang: project.LangExternal, Mode: tc.mode, Relay: tc.relay}}
			cc := made(t, p, tc.runtime).Chaincodes[0]
			if !cc.External() || cc.Outside.Inside != tc.inside || cc.Endpoint.Inside != tc.endpoint {
				t.Errorf("it is at %+v, and the peers dial %+v", cc.Outside, cc.Endpoint)
			}
		})
	}
}

func TestAnExternalChaincodeThatDialsSeveralPeers(t *testing.T) {
	p := assets("/p")
	p.Orgs = make(project.Orgs, 2)
	p.Chaincodes = []project.Chaincode{{Name: "basic", Lang: project.LangExternal, Mode: project.ModeClient}}
	_, err := network.New(p, network.RuntimeProcess, func(_ string, _, usual int) (int, error) { return usual, nil })
	if f := fault.From(err); f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, "the network has 2") {
		t.Errorf("the error is %v", err)
	}
}

func TestThePortOfAnExternalChaincodeHasAName(t *testing.T) {
	p := assets("/p")
	p.Chaincodes = []project.Chaincode{{Name: "basic", Lang: project.LangExternal}}
	p.Ports = map[string]int{"chaincode-basic-external": 5555}
	n, err := network.New(p, network.RuntimeProcess, func(_ string, wanted, usual int) (int, error) { return cmp.Or(wanted, usual), nil })
	if err != nil || n.Chaincodes[0].Outside.Inside != "127.0.0.1:5555" {
		t.Errorf("it is at %q (%v)", n.Chaincodes[0].Outside.Inside, err)
	}
}
