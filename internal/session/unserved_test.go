package session

import (
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

func TestATransactionThatACrashHasFailedIsTheChaincodesFault(t *testing.T) {
	d, _ := relayed(t)
	alone := d.net
	alone.Chaincodes = []network.Chaincode{{Name: "basic"}}
	down := d.net
	down.Chaincodes = []network.Chaincode{{Name: "basic", Relay: true, Control: network.Endpoint{Host: "127.0.0.1:1"}}}
	for name, tc := range map[string]struct {
		net             network.Network
		chaincode, txid string
		kind, want      fault.Kind
	}{
		"a crash":                   {d.net, "basic", "crashed", fault.Transaction, fault.Chaincode},
		"no chaincode":              {d.net, "basic", "absent", fault.Transaction, fault.Chaincode},
		"the chaincode's own error": {d.net, "basic", "served", fault.Transaction, fault.Transaction},
		"a timeout":                 {d.net, "basic", "crashed", fault.Timeout, fault.Timeout},
		"no transaction":            {d.net, "basic", "", fault.Transaction, fault.Transaction},
		"another chaincode":         {d.net, "other", "crashed", fault.Transaction, fault.Transaction},
		"no relay":                  {alone, "basic", "crashed", fault.Transaction, fault.Transaction},
		"a relay that is down":      {down, "basic", "crashed", fault.Transaction, fault.Transaction},
	} {
		t.Run(name, func(t *testing.T) {
			f := fault.From(unserved(t.Context(), tc.net, tc.chaincode, tc.txid, fault.New(tc.kind, "a fix", "it failed")))
			if f.Kind != tc.want || f.What != "it failed" || f.Fix != "a fix" {
				t.Errorf("the fault is %+v", f)
			}
		})
	}
}
