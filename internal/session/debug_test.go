package session

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

func TestWhatCanBeDebugged(t *testing.T) {
	port := network.Endpoint{Host: "127.0.0.1:2345", Listen: "127.0.0.1:2345"}
	basic := network.Chaincode{Name: "basic", Lang: "go", Relay: true, Debug: port}
	with := func(change func(cc *network.Chaincode)) network.Chaincode {
		cc := basic
		change(&cc)
		return cc
	}
	for name, tc := range map[string]struct {
		chaincodes []network.Chaincode
		name       string
		says       string // "" where it can be
	}{
		"the first":    {chaincodes: []network.Chaincode{basic}},
		"by name":      {chaincodes: []network.Chaincode{with(func(cc *network.Chaincode) { cc.Name = "other" }), basic}, name: "basic"},
		"unknown":      {chaincodes: []network.Chaincode{basic}, name: "base", says: `no chaincode "base"`},
		"no relay":     {chaincodes: []network.Chaincode{with(func(cc *network.Chaincode) { cc.Relay = false })}, says: "basic has no relay"},
		"external":     {chaincodes: []network.Chaincode{with(func(cc *network.Chaincode) { cc.Lang = project.LangExternal })}, says: "you start"},
		"in an image":  {chaincodes: []network.Chaincode{with(func(cc *network.Chaincode) { cc.Lang = project.LangDockerfile })}, says: "an image of yours"},
		"of old ccdev": {chaincodes: []network.Chaincode{with(func(cc *network.Chaincode) { cc.Debug = network.Endpoint{} })}, says: "no port for a debugger"},
		"beside one without a relay": {
			chaincodes: []network.Chaincode{basic, with(func(cc *network.Chaincode) { cc.Name, cc.Relay = "other", false })},
			says:       "other has no relay",
		},
	} {
		t.Run(name, func(t *testing.T) {
			cc, err := debuggable(network.Network{Chaincodes: tc.chaincodes}, tc.name)
			if tc.says == "" {
				if err != nil || cc.Name != tc.chaincodes[len(tc.chaincodes)-1].Name {
					t.Errorf("%s: %v", cc.Name, err)
				}
				return
			}
			f := fault.From(err)
			if f == nil || f.Kind != fault.Usage || f.Fix == "" || !strings.Contains(f.What, tc.says) {
				t.Errorf("the fault is %+v", f)
			}
		})
	}
}
