package relay

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ccdev/ccdev/internal/project"
)

// load is what came of swaps under load.
type load struct {
	transactions int
	failed       int
	wrong        int // answers of another generation than the one the transaction went to
	example      string
}

// swapsUnderLoad swaps while clients submit.
func swapsUnderLoad(t *testing.T, swaps, clients int, mode Mode, run program, with switches) load {
	rec := newRecorder()
	g := newRig(t, Config{Recorder: rec})
	g.r.switches = with
	g.host.add("a", run)
	g.swap(1, "a", mode)
	p := g.peer()
	var done atomic.Bool
	var mu sync.Mutex
	var l load
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := 0; !done.Load(); i++ {
				txid := fmt.Sprintf("%d-%d", c, i)
				got, err := p.submit(txid)
				rec.mu.Lock()
				to := rec.begun[txid]
				rec.mu.Unlock()
				mu.Lock()
				l.transactions++
				switch {
				case err != nil:
					l.failed++
					l.example = err.Error()
				case got != fmt.Sprint(to):
					l.wrong++
				}
				mu.Unlock()
				if err != nil && strings.Contains(err.Error(), "stream terminated") {
					return // all others would fail too
				}
			}
		})
	}
	for n := 2; n <= swaps+1; n++ {
		g.swap(n, "a", mode)
		expectLive(t, p, n, with)
	}
	done.Store(true)
	wg.Wait()
	return l
}

// expectLive checks that after a swap the new one answers, and nobody else.
func expectLive(t *testing.T, p *fakePeer, n int, with switches) {
	t.Helper()
	if got, err := p.submit(fmt.Sprint("after ", n)); with == (switches{}) && (err != nil || got != fmt.Sprint(n)) {
		t.Errorf("after the swap to %d: %q, %v", n, got, err)
	}
}

func TestSwapsUnderLoad(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		l := swapsUnderLoad(t, 200, 8, mode, chaincode(number), switches{})
		t.Logf("%+v", l)
		if l.failed > 0 || l.wrong > 0 || l.transactions < 200 {
			t.Errorf("%+v", l)
		}
	})
}

// The test above has to fail where the relay does not do its work.
func TestTheLoadTestCanFail(t *testing.T) {
	for name, with := range map[string]switches{
		"draining is off":           {noDraining: true},
		"registrations are forward": {forwardRegister: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := swapsUnderLoad(t, 50, 8, Server, chaincode(number), with)
			t.Logf("%+v", l)
			if l.failed == 0 {
				t.Error("no transaction has failed")
			}
		})
	}
}

// What a transaction with two requests costs, with a chaincode that is in this process.
func BenchmarkTransaction(b *testing.B) {
	for _, clients := range []int{1, 8} {
		for _, secure := range []string{project.TLSOff, project.TLSMutual} {
			for _, how := range []string{"direct", "server", "client"} {
				b.Run(fmt.Sprintf("%s/tls=%s/clients=%d", how, secure, clients), func(b *testing.B) {
					g := newRig(b, Config{TLS: secured(b, secure, b.TempDir())})
					g.host.add("a", chaincode(number))
					addr := g.addr
					if how == "direct" {
						p := must(g.host.Start(b.Context(), Launch{Program: "a", Mode: Server, PackageID: packageID}))
						addr = p.Address()
						b.Cleanup(p.Kill)
					} else {
						g.swap(1, "a", Mode(how))
					}
					submitAll(b, dialPeer(b, addr, g.r.cfg.TLS), clients)
				})
			}
		}
	}
}

func submitAll(b *testing.B, p *fakePeer, clients int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				if _, err := p.submit(fmt.Sprint(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
