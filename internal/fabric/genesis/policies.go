package genesis

import (
	"fmt"
	"maps"
	"strings"

	"github.com/hyperledger/fabric-config/configtx"
)

// The policies are those of Fabric's sampleconfig/configtx.yaml, with the org policies that
// telling roles apart allows.

func implicitMeta(rule string) configtx.Policy {
	return configtx.Policy{Type: configtx.ImplicitMetaPolicyType, Rule: rule}
}

// anyOf is met by one signature of any of the roles in the org.
func anyOf(mspID string, roles ...string) configtx.Policy {
	principals := make([]string, len(roles))
	for i, r := range roles {
		principals[i] = fmt.Sprintf("'%s.%s'", mspID, r)
	}
	return configtx.Policy{Type: configtx.SignaturePolicyType, Rule: "OR(" + strings.Join(principals, ", ") + ")"}
}

func standardPolicies() map[string]configtx.Policy {
	return map[string]configtx.Policy{
		configtx.ReadersPolicyKey: implicitMeta("ANY Readers"),
		configtx.WritersPolicyKey: implicitMeta("ANY Writers"),
		configtx.AdminsPolicyKey:  implicitMeta("MAJORITY Admins"),
	}
}

func applicationPolicies() map[string]configtx.Policy {
	return with(standardPolicies(), map[string]configtx.Policy{
		configtx.LifecycleEndorsementPolicyKey: implicitMeta("MAJORITY Endorsement"),
		configtx.EndorsementPolicyKey:          implicitMeta("MAJORITY Endorsement"),
	})
}

func ordererPolicies() map[string]configtx.Policy {
	return with(standardPolicies(), map[string]configtx.Policy{
		configtx.BlockValidationPolicyKey: implicitMeta("ANY Writers"),
	})
}

func ordererOrgPolicies(mspID string) map[string]configtx.Policy {
	return map[string]configtx.Policy{
		configtx.ReadersPolicyKey: anyOf(mspID, "member"),
		configtx.WritersPolicyKey: anyOf(mspID, "member"),
		configtx.AdminsPolicyKey:  anyOf(mspID, "admin"),
	}
}

func peerOrgPolicies(mspID string) map[string]configtx.Policy {
	return map[string]configtx.Policy{
		configtx.ReadersPolicyKey:     anyOf(mspID, "admin", "peer", "client"),
		configtx.WritersPolicyKey:     anyOf(mspID, "admin", "client"),
		configtx.AdminsPolicyKey:      anyOf(mspID, "admin"),
		configtx.EndorsementPolicyKey: anyOf(mspID, "peer"),
	}
}

func with(policies, more map[string]configtx.Policy) map[string]configtx.Policy {
	maps.Copy(policies, more)
	return policies
}
