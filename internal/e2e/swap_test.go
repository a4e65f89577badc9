package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay/control"
)

// bringUp brings a project's network up, on the Fabric that CCDEV_TEST_FABRIC names, if any.
func bringUp(t *testing.T, dir, runtime string, flags ...string) network.Network {
	t.Helper()
	args := append([]string{"up", "-d", "--runtime", runtime}, flags...)
	if version := os.Getenv("CCDEV_TEST_FABRIC"); version != "" {
		args = append(args, "--fabric", version)
	}
	mustRun(t, ccdev(dir, args...))
	n, _, err := network.Recorded(dir)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// relayOf gives a client of a chaincode's relay.
func relayOf(t *testing.T, n network.Network, chaincode string) *control.Client {
	t.Helper()
	cc, found := n.Chaincode(chaincode)
	if !found {
		t.Fatalf("there is no chaincode %s", chaincode)
	}
	token, err := os.ReadFile(n.TokenFile(cc))
	if err != nil {
		t.Fatal(err)
	}
	c := control.Dial(cc.Control.Host, strings.TrimSpace(string(token)))
	t.Cleanup(c.Close)
	return c
}

// New code at every save, with no failed transaction, and at once: a chaincode that listens, and
// an unmodified one that dials, each endorsed by two orgs, which must get the same result from
// one version.
func TestSwapsUnderLoad(t *testing.T) {
	for name, start := range map[string]string{"listens": listens, "dials": dials} {
		t.Run(name, func(t *testing.T) {
			forRuntimes(t, func(t *testing.T, runtime string) {
				const swaps = 6
				dir := project(t, "demo")
				writeVersion(t, dir, start, 0)
				n := bringUp(t, dir, runtime, "--orgs", "2")
				l := startLoad(t, n, 4, []string{"demo"})
				defer l.stop()
				for version := 1; version <= swaps; version++ {
					writeVersion(t, dir, start, version)
					mustRun(t, ccdev(dir, "reload"))
					l.delivered("demo", version)
					answers(t, dir, version)
				}
				l.stop()
				l.check(t, n)
			})
		})
	}
}

// Swaps one right after the other, each to another program: CCDEV_TEST_SWAPS says how many.
func TestManySwaps(t *testing.T) {
	swaps := 30
	if n, err := strconv.Atoi(os.Getenv("CCDEV_TEST_SWAPS")); err == nil {
		swaps = n
	}
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		stamp := newStamp(t, dir, listens)
		n := bringUp(t, dir, runtime)
		relays := relayOf(t, n, "demo")
		l := startLoad(t, n, 8, []string{"demo"})
		defer l.stop()
		start := time.Now()
		for version := 1; version <= swaps; version++ {
			if err := stamp.deliver(t.Context(), relays, version); err != nil {
				t.Fatalf("swap %d: %v", version, err)
			}
			l.delivered("demo", version)
		}
		took := time.Since(start)
		l.stop()
		answers(t, dir, swaps)
		t.Logf("Fabric %s: %d swaps in %s", n.Fabric, swaps, took)
		l.check(t, n)
	})
}

// Two chaincodes that call each other, each through its relay, while new code of both comes at once.
func TestSwapsOfTwoChaincodes(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		const swaps = 15
		dir := project(t, "demo")
		both := []string{"ping", "pong"}
		stamps := map[string]stamp{}
		var config strings.Builder
		config.WriteString("chaincodes:\n")
		for _, name := range both {
			mustRun(t, ccdev(dir, "init", name, "--template", "go-shim"))
			stamps[name] = newStamp(t, filepath.Join(dir, name), listens)
			config.WriteString("  - {name: " + name + ", path: " + name + "}\n")
		}
		if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		n := bringUp(t, dir, runtime)
		l := startLoad(t, n, 8, []string{"ping", "pong"}, []string{"pong", "ping"})
		defer l.stop()
		var swap []func() error
		for _, name := range both {
			relays := relayOf(t, n, name)
			swap = append(swap, func() error {
				for version := 1; version <= swaps; version++ {
					if err := stamps[name].deliver(t.Context(), relays, version); err != nil {
						return err
					}
					l.delivered(name, version)
				}
				return nil
			})
		}
		atOnce(t, swap...)
		l.stop()
		l.check(t, n)
	})
}
