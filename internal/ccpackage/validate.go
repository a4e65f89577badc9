package ccpackage

import (
	"net"
	"regexp"
	"slices"
	"strconv"

	"github.com/ccdev/ccdev/internal/fault"
)

var (
	labelForm   = regexp.MustCompile(`^[[:alnum:]][[:alnum:]_.+-]*$`)     // core/chaincode/persistence, LabelRegexp
	nameForm    = regexp.MustCompile(`^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$`) // core/chaincode/lifecycle/scc.go, ChaincodeNameRegExp
	versionForm = regexp.MustCompile(`^[A-Za-z0-9_.+-]+$`)                // core/chaincode/lifecycle/scc.go, ChaincodeVersionRegExp
	hostForm    = regexp.MustCompile(`^[^\s/\\@[:cntrl:]]+$`)             // what can stand before a port and be no URL
	systemNames = []string{"cscc", "escc", "lscc", "qscc", "vscc"}        // core/chaincode/lifecycle/scc.go, systemChaincodeNames
)

// maxLabel is the longest label, in bytes, whose build folder ("fabric-", the package ID, ten
// random digits) still is a file name of 255 bytes on the peer.
const maxLabel = 255 - len("fabric-") - len(":") - 64 - 10

// ValidateLabel checks a package label by the peer's rule. The error is a fault of the kind Usage.
func ValidateLabel(label string) error {
	if len(label) > maxLabel {
		return fault.New(fault.Usage, "shorten it: name_version is the custom",
			"the package label has %d characters, and the peer has room for %d", len(label), maxLabel)
	}
	if !labelForm.MatchString(label) {
		return fault.New(fault.Usage, "use letters, digits, and . + - _ after the first character, such as basic_1.0",
			"%q is not a package label that Fabric takes", label)
	}
	return nil
}

// ValidateName checks the name of a chaincode by the peer's rule. The error is a fault of the
// kind Usage.
func ValidateName(name string) error {
	if slices.Contains(systemNames, name) {
		return fault.New(fault.Usage, "choose another name",
			"%q is a system chaincode of Fabric", name)
	}
	if !nameForm.MatchString(name) {
		return fault.New(fault.Usage, "use letters and digits, with single - or _ between them, such as asset-transfer",
			"%q is not a chaincode name that Fabric takes", name)
	}
	return nil
}

// ValidateVersion checks the version of a chaincode by the peer's rule. The error is a fault of
// the kind Usage.
func ValidateVersion(version string) error {
	if !versionForm.MatchString(version) {
		return fault.New(fault.Usage, "use letters, digits, and . + - _, such as 1.0",
			"%q is not a chaincode version that Fabric takes", version)
	}
	return nil
}

// ValidateAddress checks that an address is host:port with a port from 1 to 65535. The error is
// a fault of the kind Usage.
func ValidateAddress(address string) error {
	const fix = "write it as host:port, such as basic.example.com:9999 or [::1]:9999"
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fault.New(fault.Usage, fix, "%q is not host:port", address)
	}
	if !hostForm.MatchString(host) {
		return fault.New(fault.Usage, fix, "%q has no host that can be dialled", address)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return fault.New(fault.Usage, fix, "%q has no port from 1 to 65535", address)
	}
	return nil
}
