package host

import (
	"runtime"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/relay"
)

const platform = runtime.GOOS + "/" + runtime.GOARCH

// addresses are the variables that decide whether a chaincode listens or dials, and so must not
// come from elsewhere.
var addresses = []string{"CHAINCODE_SERVER_ADDRESS", "CORE_CHAINCODE_ADDRESS", "CORE_PEER_ADDRESS"}

// environ is what every kind of chaincode reads its address and package ID from, all at once:
// contractapi and the other contract APIs, the shim's samples, and Node's launcher. The last one
// of two variables of the same name counts.
func environ(o Options, l relay.Launch, address string) []string {
	var env []string
	if o.LocalMSPID != "" {
		// One process may serve the peers of all orgs, so that GetMSPID can only name one.
		env = append(env, "CORE_PEER_LOCALMSPID="+o.LocalMSPID)
	}
	for _, v := range o.Env {
		if name, _, _ := strings.Cut(v, "="); !slices.Contains(addresses, name) {
			env = append(env, v)
		}
	}
	env = append(env,
		"CHAINCODE_ID="+l.PackageID,
		"CORE_CHAINCODE_ID="+l.PackageID,
		"CORE_CHAINCODE_ID_NAME="+l.PackageID,
		// Both ends are on this machine's loopback, or in one container.
		"CORE_PEER_TLS_ENABLED=false",
		"CHAINCODE_TLS_DISABLED=true",
	)
	if l.Mode == relay.Client {
		return append(env, "CORE_PEER_ADDRESS="+l.Dial)
	}
	return append(env, "CHAINCODE_SERVER_ADDRESS="+address, "CORE_CHAINCODE_ADDRESS="+address)
}

// arguments are those of a program: Fabric's shims take the address to dial as a flag.
func arguments(l relay.Launch) []string {
	if l.Mode == relay.Client {
		return []string{"-peer.address", l.Dial}
	}
	return nil
}
