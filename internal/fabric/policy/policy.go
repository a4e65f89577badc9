// Package policy reads endorsement policies as Fabric's peer command has them, and says where one is wrong.
package policy

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Default is the policy of the channel that stands in where a chaincode has none of its own
// (core/chaincode/lifecycle, DefaultEndorsementPolicyRef).
const Default = "/Channel/Application/Endorsement"

// Example is a signature policy for a reader to go by.
const Example = `"OR('Org1MSP.peer','Org2MSP.peer')"`

// Application reads the endorsement policy of a chaincode: a signature policy, whose MSPs must be
// among these, or the name of one of the channel's policies. It is nil for "". The error is a
// fault of the kind Usage.
func Application(text string, mspIDs []string) (*peer.ApplicationPolicy, error) {
	switch {
	case text == "":
		return nil, nil
	case IsReference(text):
		if err := checkReference(text, mspIDs); err != nil {
			return nil, err
		}
		return Reference(text), nil
	}
	envelope, err := Signature(text, mspIDs)
	if err != nil {
		return nil, err
	}
	return &peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_SignaturePolicy{SignaturePolicy: envelope}}, nil
}

// IsReference tells the name of a policy of the channel from a signature policy.
func IsReference(text string) bool {
	return strings.HasPrefix(text, "/") || strings.HasPrefix(text, "Channel/")
}

// Reference is the policy that a channel has under this name. Fabric's documentation leaves out
// the first slash, without which the peer would look below /Channel and find nothing
// (common/policies, GetPolicy).
func Reference(name string) *peer.ApplicationPolicy {
	return &peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_ChannelConfigPolicyReference{
		ChannelConfigPolicyReference: rooted(name),
	}}
}

func rooted(name string) string { return "/" + strings.TrimPrefix(name, "/") }

// checkReference finds a name that the channel does not have: the peer takes it, and then no
// transaction is ever valid.
func checkReference(name string, mspIDs []string) error {
	known := []string{
		Default, "/Channel/Application/LifecycleEndorsement",
		"/Channel/Application/Admins", "/Channel/Application/Readers", "/Channel/Application/Writers",
	}
	for _, id := range mspIDs {
		for _, policy := range []string{"Endorsement", "Admins", "Readers", "Writers"} {
			known = append(known, "/Channel/Application/"+id+"/"+policy)
		}
	}
	if slices.Contains(known, rooted(name)) {
		return nil
	}
	return fault.New(fault.Usage, "use one of: "+strings.Join(known, "\n"), "the channel has no policy %s", rooted(name))
}

// Signature reads a signature policy, whose MSPs must be among these. The error is a fault of
// the kind Usage that shows where the policy is wrong.
func Signature(text string, mspIDs []string) (*common.SignaturePolicyEnvelope, error) {
	p := parser{text: text, known: mspIDs}
	if wrong := p.policy(); wrong != nil {
		return nil, wrong.fault(text)
	}
	// The very code of the peer command, so that the same text is the same policy.
	policy, err := chaincode.NewApplicationPolicy(text, "")
	if err != nil {
		return nil, fault.New(fault.Usage, "write it such as "+Example, "%q is not a policy that Fabric takes: %w", text, err)
	}
	return policy.GetSignaturePolicy(), nil
}

// mistake is what is wrong with a policy, and where.
type mistake struct {
	at        int // byte
	what, fix string
}

// fault shows the place under the text, with the number of its character.
func (m *mistake) fault(text string) error {
	character := utf8.RuneCountInString(text[:m.at])
	fix := m.fix
	if fix == "" {
		fix = "write it such as " + Example
	}
	line := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(text)
	return fault.New(fault.Usage, fix, "character %d of the policy: %s\n  %s\n  %s^",
		character+1, m.what, line, strings.Repeat(" ", character))
}

// Text is a chaincode's policy for people to read: the signature policy, or the name of the
// channel's.
func Text(p *peer.ApplicationPolicy) string {
	switch {
	case p == nil:
		return Default
	case p.GetSignaturePolicy() == nil:
		return p.GetChannelConfigPolicyReference()
	}
	text, err := chaincode.SignaturePolicyEnvelopeToString(p.GetSignaturePolicy())
	if err != nil {
		return "(not readable)"
	}
	return text
}
