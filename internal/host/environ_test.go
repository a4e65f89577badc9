package host

import (
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/relay"
)

func TestTLSIsNotForTheProjectToChange(t *testing.T) {
	o := Options{
		Env: []string{"CHAINCODE_TLS_DISABLED=true", "CORE_TLS_CLIENT_KEY_FILE=/mine"},
		TLS: cctls.Setup{Mode: project.TLSMutual, Dir: "/tls", Name: "chaincode-basic"},
	}
	for mode, key := range map[relay.Mode]string{relay.Server: "/tls/server.key", relay.Client: "/tls/client.key"} {
		env := environ(o, relay.Launch{Mode: mode, Dial: "127.0.0.1:1"}, "127.0.0.1:2")
		for _, want := range []string{"CHAINCODE_TLS_DISABLED=false", "CORE_PEER_TLS_ENABLED=true", "CORE_TLS_CLIENT_KEY_FILE=" + key} {
			if last := slices.Index(env, want); last < slices.Index(env, "CORE_TLS_CLIENT_KEY_FILE=/mine") || last < 0 {
				t.Errorf("%s: %s is not the last word of %q", mode, want, env)
			}
		}
	}
}
