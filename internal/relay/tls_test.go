package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// secured is TLS with certificates in dir, which are made where they are missing.
func secured(t testing.TB, mode, dir string) *cctls.TLS {
	t.Helper()
	if mode == project.TLSOff {
		return nil
	}
	const host = "chaincode-basic"
	if err := msp.EnsureChaincode(dir, host); err != nil {
		t.Fatal(err)
	}
	return must(cctls.Setup{Mode: mode, Dir: dir, Name: host}.Load())
}

func TestTransactionsOverTLS(t *testing.T) {
	for _, secure := range []string{project.TLSServer, project.TLSMutual} {
		t.Run(secure, func(t *testing.T) {
			inModes(t, func(t *testing.T, mode Mode) {
				g := newRig(t, Config{TLS: secured(t, secure, t.TempDir())})
				g.host.add("a", onTheShim)
				p := g.peer()
				for n := 1; n <= 5; n++ {
					g.swap(n, "a", mode)
					expect(t, p, fmt.Sprint("t", n), fmt.Sprint(n))
				}
				expect(t, g.peer(), "t6", "5")
			})
		})
	}
}

// TestTheOtherSideOfTLS is about programs that do not speak TLS as the relay does: they are told
// why at once, and the generation before goes on serving.
func TestTheOtherSideOfTLS(t *testing.T) {
	dir, another := t.TempDir(), t.TempDir()
	for name, tc := range map[string]struct {
		mode           Mode
		relay, program *cctls.TLS
		says           string
	}{
		"a server without":         {Server, secured(t, "server", dir), nil, "it listens without TLS, and ccdev.yaml says tls: server"},
		"a server with":            {Server, nil, secured(t, "server", dir), "it listens with TLS, which is off in ccdev.yaml (tls)"},
		"a server with mutual":     {Server, nil, secured(t, "mutual", dir), "it listens with TLS, which is off in ccdev.yaml (tls)"},
		"another's certificate":    {Server, secured(t, "server", dir), secured(t, "server", another), "no peer would take"},
		"a server that asks":       {Server, secured(t, "server", dir), secured(t, "mutual", dir), "asks for a client certificate"},
		"a client without":         {Client, secured(t, "mutual", dir), nil, "it dials without TLS, and ccdev.yaml says tls: mutual"},
		"a client with":            {Client, nil, secured(t, "server", dir), "it dials with TLS, which is off in ccdev.yaml (tls)"},
		"a client that shows none": {Client, secured(t, "mutual", dir), secured(t, "server", dir), "client didn't provide a certificate"},
		"a client of another CA":   {Client, secured(t, "server", dir), secured(t, "server", another), "the handshake fails"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, Config{TLS: tc.relay, RegisterLimit: time.Hour})
			g.host.add("a", chaincode(number))
			p := g.peer()
			g.swap(1, "a", tc.mode)
			g.host.tls, g.host.lingers = tc.program, true // its own end would say less
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			why := g.trySwap(ctx, 2, "a", tc.mode)
			f := fault.From(why)
			if why.Why != Disagree || !strings.Contains(why.Error(), tc.says) || f.Fix == "" {
				t.Errorf("%+v (fix %q), want %q", why, f.Fix, tc.says)
			}
			expect(t, p, "t1", "1")
		})
	}
}
