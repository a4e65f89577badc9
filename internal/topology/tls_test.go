package topology_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/network"
)

// TestTLSFilesReachTheService checks that what the service is told to read is where it is told.
func TestTLSFilesReachTheService(t *testing.T) {
	for _, runtime := range runtimes {
		for _, relayed := range []bool{true, false} {
			for _, mode := range []string{"server", "mutual"} {
				n := twoOrgs(t, runtime)
				cc := &n.Chaincodes[0]
				cc.Relay, cc.Control = relayed, network.Endpoint{Listen: "0.0.0.0:9998", Host: "127.0.0.1:8999"}
				cc.TLS = network.TLS{Mode: mode, Dir: filepath.Join(n.ChaincodeDir(*cc), "tls")}
				for _, name := range append(cctls.RelayFiles(), "ca.key") {
					write(t, filepath.Join(cc.TLS.Dir, name), "")
				}
				m := model(t, n)
				service, files := m.Services["chaincode-basic"], map[string]bool{}
				for _, c := range service.Configs {
					files[c.Target] = true
					if strings.HasSuffix(c.Target, "ca.key") || !relayed && strings.Contains(c.Target, "client") {
						t.Errorf("%s, relay %t: it has %s", runtime, relayed, c.Target)
					}
				}
				if relayed {
					at := slices.Index(service.Command, "--tls-dir")
					if at < 0 || !slices.Contains(service.Command, cc.Host()) || !slices.Contains(service.Command, mode) {
						t.Errorf("%s: the relay runs as %q", runtime, service.Command)
						continue
					}
					for _, name := range cctls.RelayFiles() {
						if file := filepath.Join(service.Command[at+1], name); !files[file] {
							t.Errorf("%s: the relay has no %s", runtime, file)
						}
					}
					continue
				}
				env := environment(service)
				for _, name := range []string{"CHAINCODE_TLS_KEY", "CORE_TLS_CLIENT_CERT_FILE", "CORE_CHAINCODE_TLS_KEY_FILE"} {
					if !files[env[name]] || env["CHAINCODE_TLS_DISABLED"] != "false" {
						t.Errorf("%s: %s=%s, and there is no such file", runtime, name, env[name])
					}
				}
				if ca := env["CHAINCODE_CLIENT_CA_CERT"]; (ca != "") != (mode == "mutual") || ca != "" && !files[ca] {
					t.Errorf("%s, %s: the clients' CA is %q", runtime, mode, ca)
				}
			}
		}
	}
}
