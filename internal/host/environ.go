package host

import (
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/relay"
)

const platform = runtime.GOOS + "/" + runtime.GOARCH

// addresses are the variables that decide whether a chaincode listens or dials, and so must not
// come from elsewhere.
var addresses = []string{"CHAINCODE_SERVER_ADDRESS", "CORE_CHAINCODE_ADDRESS", "CORE_PEER_ADDRESS"}

// Variables are what every kind of chaincode reads its package ID and address from, all at once:
// contractapi and the other contract APIs, the shim's samples, and Node's launcher. address is
// where a server listens, or what a client dials. They say that TLS is off; those of cctls.Setup
// go over them.
func Variables(packageID string, mode relay.Mode, address string) map[string]string {
	env := map[string]string{
		"CHAINCODE_ID":           packageID,
		"CORE_CHAINCODE_ID":      packageID,
		"CORE_CHAINCODE_ID_NAME": packageID,
		"CORE_PEER_TLS_ENABLED":  "false",
		"CHAINCODE_TLS_DISABLED": "true",
	}
	if mode == relay.Client {
		env["CORE_PEER_ADDRESS"] = address
	} else {
		env["CHAINCODE_SERVER_ADDRESS"], env["CORE_CHAINCODE_ADDRESS"] = address, address
	}
	return env
}

// environ is the whole environment of a process. Both ends of its stream are on this machine's
// loopback, or in one container. The last one of two variables of the same name counts.
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
	if l.Mode == relay.Client {
		address = l.Dial
	}
	variables := Variables(l.PackageID, l.Mode, address)
	maps.Copy(variables, o.TLS.Variables(l.Mode != relay.Client))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, name+"="+variables[name])
	}
	return env
}

// Arguments are those of a program: Fabric's shims take the address to dial as a flag, with
// two dashes as Node's asks for; Go's takes either.
func Arguments(mode relay.Mode, address string) []string {
	if mode == relay.Client {
		return []string{"--peer.address", address}
	}
	return nil
}
