package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
	"github.com/ccdev/ccdev/internal/wait"
)

// patience is for what takes a moment, on a machine that has a lot to do.
const patience = 3 * time.Minute

// liveOf is the generation that new transactions go to, and how its relay is.
func liveOf(t *testing.T, relays *control.Client) (relay.GenerationStatus, relay.Status) {
	t.Helper()
	status, err := relays.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range status.Generations {
		if g.State == relay.Live && len(g.PIDs) > 0 {
			return g, status
		}
	}
	t.Fatalf("no generation is live: %+v", status)
	return relay.GenerationStatus{}, status
}

// A peer that dies does not take the chaincode with it: the process goes on, and serves the peer
// when that is back, without a reload.
func TestPeerRestart(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 0)
		n := bringUp(t, dir, runtime)
		relays := relayOf(t, n, "demo")
		mustRun(t, ccdev(dir, "invoke", "put", "a", "1"))
		before, peers := liveOf(t, relays)
		if err := crashService(dir, n.Orgs[0].Peers[0].Name); err != nil {
			t.Fatal(err)
		}
		mustRun(t, ccdev(dir, "up", "-d"))
		mustRun(t, ccdev(dir, "invoke", "put", "a", "2"))
		after, peersAfter := liveOf(t, relays)
		if fmt.Sprint(after.Number, after.PIDs, after.StartedAt) != fmt.Sprint(before.Number, before.PIDs, before.StartedAt) {
			t.Errorf("before the peer's end %+v was live, after it %+v", before, after)
		}
		if len(peersAfter.Peers) != 1 || peersAfter.Peers[0].Since.Equal(peers.Peers[0].Since) {
			t.Errorf("the peer is said to have stayed: %+v", peersAfter.Peers)
		}
	})
}

// A generation that hangs, transaction and all, is replaced as any other: new calls are answered
// by the new code, the one that hangs is failed in the end, and the process is gone.
func TestStoppedGeneration(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 0)
		n := bringUp(t, dir, runtime)
		relays := relayOf(t, n, "demo")
		pid := processOf(t, dir, relays)
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		hung := make(chan error, 1)
		go func() { hung <- evaluate(n, "version") }()
		waitFor(t, func(ctx context.Context) error {
			status, err := relays.Status(ctx)
			if err == nil && (len(status.Peers) != 1 || status.Peers[0].InFlight == 0) {
				err = fmt.Errorf("no call hangs: %+v", status)
			}
			return err
		})

		writeVersion(t, dir, listens, 1)
		mustRun(t, ccdev(dir, "reload"))
		answers(t, dir, 1)
		select {
		case err := <-hung:
			t.Errorf("the call that was to hang has ended before the new code answered: %v", err)
		default:
		}
		if err := <-hung; err == nil { // the peer's own limit ends it, at the latest
			t.Error("the stopped process has answered")
		}
		mustRun(t, ccdev(dir, "invoke", "put", "a", "1"))
		waitFor(t, func(context.Context) error {
			if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
				return nil
			}
			return fmt.Errorf("the stopped process %d is still there", pid)
		})
	})
}

func waitFor(t *testing.T, try func(context.Context) error) {
	t.Helper()
	if err := wait.For(t.Context(), patience, try); err != nil {
		t.Fatal(err)
	}
}

func evaluate(n network.Network, function string) error {
	c, err := gateway.Connect(n, n.Orgs[0], network.AdminUser)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing is left to send
	_, err = c.Evaluate(context.Background(), gateway.Call{Channel: n.Channel, Chaincode: n.Chaincodes[0].Name, Function: function})
	return err
}

// processOf is the pid, as this machine knows it, of the live generation's process: the child of
// the relay's that has the pid the relay knows, maybe in a container.
func processOf(t *testing.T, dir string, relays *control.Client) int {
	t.Helper()
	live, _ := liveOf(t, relays)
	status, err := statusOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	parent := status.pid("chaincode-demo")
	files, _ := filepath.Glob("/proc/[0-9]*/status") // the pattern is right
	for _, file := range files {
		text, _ := os.ReadFile(file) // it may have ended meanwhile
		about := map[string][]string{}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(line, ":")
			about[name] = strings.Fields(value)
		}
		inner := about["NSpid"]
		if len(inner) == 0 || about["PPid"][0] != strconv.Itoa(parent) || inner[len(inner)-1] != strconv.Itoa(live.PIDs[0]) {
			continue
		}
		pid, err := strconv.Atoi(about["Pid"][0])
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	t.Fatalf("the relay %d has no child %d", parent, live.PIDs[0])
	return 0
}

// pings are what a peer's connection to a chaincode is kept alive with
// (internal/pkg/comm/config.go: DefaultKeepaliveOptions; core/container/externalbuilder/instance.go
// uses it as it is, and no setting changes it): the client's interval and timeout, then a server's
// interval, timeout and minimum.
func pings(interval time.Duration) []byte {
	var data []byte
	for _, d := range []time.Duration{interval, 20 * time.Second, 2 * time.Hour, 20 * time.Second, time.Minute} {
		data = binary.NativeEndian.AppendUint64(data, uint64(d))
	}
	return data
}

// pingingPeer is the real peer, but for its pings: as often as gRPC lets a client
// (internal.KeepaliveMinPingTime), so that a test sees in a minute what else takes six.
func pingingPeer(t *testing.T, version string) string {
	t.Helper()
	programs, err := binaries.Compile(t.Context(), binaries.Target{CacheDir: shared.cache, Version: version}, nil)
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(programs.Peer)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(code, pings(time.Minute)); n != 1 {
		t.Fatalf("the peer has its keepalive options %d times", n)
	}
	file := filepath.Join(t.TempDir(), "peer")
	if err := os.WriteFile(file, bytes.Replace(code, pings(time.Minute), pings(10*time.Second), 1), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// A network that nobody uses keeps the peer's stream, however often the peer pings. A relay with
// gRPC's own rules ends such a stream at the fourth ping (internal/transport/http2_server.go:
// handlePing), and the next caller waits for the peer to come back.
func TestIdle(t *testing.T) {
	const idle = 48 * time.Second // four pings, and some seconds
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 0)
		peer := pingingPeer(t, os.Getenv("CCDEV_TEST_FABRIC"))
		override := "services:\n  peer0.org1:\n    command: [" + peer + ", node, start]\n"
		if runtime == network.RuntimeDocker {
			override = "configs:\n  peer: {file: " + peer + "}\nservices:\n  peer0.org1:\n    command: [/peer, node, start]\n" +
				"    configs: [{source: peer, target: /peer, mode: 0755}]\n"
		}
		if err := os.WriteFile(filepath.Join(dir, "compose.override.yaml"), []byte(override), 0o644); err != nil {
			t.Fatal(err)
		}
		n := bringUp(t, dir, runtime)
		relays := relayOf(t, n, "demo")
		mustRun(t, ccdev(dir, "invoke", "put", "a", "1"))
		_, before := liveOf(t, relays)
		time.Sleep(idle) // it is what is tested
		_, after := liveOf(t, relays)
		mustRun(t, ccdev(dir, "invoke", "put", "a", "2"))
		_, used := liveOf(t, relays)
		for _, status := range []relay.Status{after, used} {
			if len(status.Peers) != 1 || !status.Peers[0].Since.Equal(before.Peers[0].Since) {
				t.Errorf("the peer's stream was %+v, and then %+v", before.Peers, status.Peers)
			}
		}
		if log := mustRun(t, ccdev(dir, "logs", "chaincode-demo")); strings.Count(log, "has registered the chaincode") != 1 {
			t.Errorf("the peer has not registered once:\n%s", log)
		}
	})
}
