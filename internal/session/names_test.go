package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/google/go-cmp/cmp"
)

var assets = network.Network{
	Channel: "mychannel",
	Orgs: []network.Org{
		{Name: "Org1", MSPID: "Org1MSP", Domain: "org1.example.com", Users: []network.User{{Name: "alice"}}},
		{Name: "Org2", MSPID: "Org2MSP", Domain: "org2.example.com", Users: []network.User{{Name: "alice"}, {Name: "bob"}}},
	},
	Chaincodes: []network.Chaincode{
		{Name: "basic", Service: "chaincode-basic"}, {Name: "orderer", Service: "chaincode-orderer"}, {Name: "absent", Service: "chaincode-absent"},
	},
}

func TestStateOf(t *testing.T) {
	wanted := map[string]string{"orderer": "", "peer0.org1": ""}
	in := func(states ...runtime.State) []runtime.Service {
		var list []runtime.Service
		for i, name := range []string{"orderer", "peer0.org1", "explorer"} {
			if i < len(states) {
				list = append(list, runtime.Service{Name: name, State: states[i]})
			}
		}
		return list
	}
	for name, tc := range map[string]struct {
		services []runtime.Service
		want     string
	}{
		"none":                      {nil, StateDown},
		"all ended":                 {in(runtime.Exited, runtime.Exited), StateDown},
		"never started":             {in(runtime.Created, runtime.Created), StateDown},
		"one runs, one has ended":   {in(runtime.Running, runtime.Exited), StatePartial},
		"one runs, one is missing":  {in(runtime.Running), StatePartial},
		"all run":                   {in(runtime.Running, runtime.Running), StateUp},
		"an extra one has ended":    {in(runtime.Running, runtime.Running, runtime.Exited), StateUp},
		"only an extra one runs":    {in(runtime.Exited, runtime.Exited, runtime.Running), StateDown},
		"extra ones do not fill in": {in(runtime.Running, runtime.Exited, runtime.Running), StatePartial},
	} {
		t.Run(name, func(t *testing.T) {
			if got := stateOf(tc.services, wanted); got != tc.want {
				t.Errorf("it is %s, want %s", got, tc.want)
			}
		})
	}
}

func TestChooseServices(t *testing.T) {
	services := []runtime.Service{{Name: "chaincode-basic"}, {Name: "chaincode-orderer"}, {Name: "explorer"}, {Name: "orderer"}}
	for name, tc := range map[string]struct{ names, want []string }{
		"all":                          {nil, []string{"chaincode-basic", "chaincode-orderer", "explorer", "orderer"}},
		"a service":                    {[]string{"explorer"}, []string{"explorer"}},
		"a chaincode":                  {[]string{"basic"}, []string{"chaincode-basic"}},
		"a service before a chaincode": {[]string{"orderer"}, []string{"orderer"}},
		"several, in their order":      {[]string{"orderer", "basic"}, []string{"orderer", "chaincode-basic"}},
		"one that is not there":        {[]string{"orderer", "peer9"}, nil},
		"a chaincode that never ran":   {[]string{"absent"}, nil},
		"no name":                      {[]string{""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := choose(assets, services, tc.names)
			if tc.want == nil {
				f := fault.From(err)
				if f == nil || f.Kind != fault.Usage || f.Fix == "" || !strings.Contains(f.What, tc.names[len(tc.names)-1]) {
					t.Errorf("chose %q, error %v", got, err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("chose %q (%v), want %q", got, err, tc.want)
			}
		})
	}
}

func TestCaller(t *testing.T) {
	for as, want := range map[string]string{
		"":                     "Admin@Org1",
		"Admin":                "Admin@Org1",
		"alice":                "alice@Org1",
		"bob":                  "bob@Org2",
		"alice@Org2":           "alice@Org2",
		"Admin@Org2MSP":        "Admin@Org2",
		"bob@org2.example.com": "bob@Org2",
		"carol":                "",
		"alice@Org3":           "",
		"alice@":               "",
		"Alice":                "",
	} {
		t.Run(as, func(t *testing.T) {
			org, user, err := caller(assets, as)
			if want == "" {
				f := fault.From(err)
				if f == nil || f.Kind != fault.Usage || !strings.Contains(f.Fix, "Org2") {
					t.Errorf("%s@%s, error %v", user, org.Name, err)
				}
				return
			}
			if err != nil || user+"@"+org.Name != want {
				t.Errorf("%s@%s (%v), want %s", user, org.Name, err, want)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	args := [][]byte{[]byte("a")}
	transient := map[string][]byte{"k": []byte("v")}
	for name, tc := range map[string]struct {
		call Call
		want *gateway.Call // nil for a fault
	}{
		"defaults": {
			Call{Function: "f", Args: args, Transient: transient},
			&gateway.Call{Channel: "mychannel", Chaincode: "basic", Function: "f", Args: args, Transient: transient},
		},
		"all named": {
			Call{Function: "f", Chaincode: "other", Channel: "c", Orgs: []string{"Org2", "Org1MSP", "org2.example.com"}},
			&gateway.Call{Channel: "c", Chaincode: "other", Function: "f", Orgs: []string{"Org2MSP", "Org1MSP", "Org2MSP"}},
		},
		"an org that is not there": {Call{Function: "f", Orgs: []string{"Org1", "Org9"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := resolve(assets, tc.call)
			if tc.want == nil {
				if f := fault.From(err); f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, "Org9") || !strings.Contains(f.Fix, "Org1, Org2") {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if diff := cmp.Diff(*tc.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
