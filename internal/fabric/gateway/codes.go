package gateway

import "github.com/hyperledger/fabric-protos-go-apiv2/peer"

// Meaning says what a validation code other than "VALID" means for the transaction that got it, and
// what to do. The code's name is Fabric's.
func Meaning(code string) string {
	switch peer.TxValidationCode(peer.TxValidationCode_value[code]) {
	case peer.TxValidationCode_MVCC_READ_CONFLICT:
		return "another transaction changed a key that this one had read: submit it again"
	case peer.TxValidationCode_PHANTOM_READ_CONFLICT:
		return "another transaction changed which keys are in a range that this one had read: submit it again"
	case peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE:
		return "not enough orgs endorsed it: leave out --orgs, or name the orgs that the endorsement policy asks for"
	case peer.TxValidationCode_DUPLICATE_TXID:
		return "a transaction of that id was committed before: make a new one, instead of sending the same once more"
	case peer.TxValidationCode_EXPIRED_CHAINCODE, peer.TxValidationCode_CHAINCODE_VERSION_CONFLICT:
		return "the chaincode was defined anew while it was on its way: submit it again"
	default:
		return `look at the peer's log: "ccdev logs"`
	}
}
