//go:build unix

package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/wait"
)

func TestARelayFromEndToEnd(t *testing.T) {
	dir := t.TempDir()
	p := startRelay(t, dir)
	if got := p.invoke(t, "tx0"); !strings.HasPrefix(got, "error: ") {
		t.Errorf("without a chaincode the answer is %q", got)
	}
	p.deliver(t, 1, program(t, "server=one"), relay.Server)
	p.answers(t, "tx1", "one")

	_, err := p.client.Deliver(t.Context(), 2, program(t, "echo 'panic: lost' >&2; exit 3"), relay.Server)
	var refused *Refused
	if !errors.As(err, &refused) || !refused.NotReady() || refused.Exit == nil ||
		refused.Exit.How != "exit code 3" || !slices.Equal(refused.Exit.Log, []string{"panic: lost"}) {
		t.Errorf("one that crashes gives %v, %+v", err, refused)
	}
	p.answers(t, "tx2", "one")

	p.deliver(t, 3, program(t, "client=three"), relay.Client)
	p.answers(t, "tx3", "three")
	traces, err := p.client.Trace(t.Context(), "tx3", trace.Options{})
	if err != nil || len(traces) != 1 || traces[0].Generation != 3 || traces[0].Function != "Who" {
		t.Errorf("the trace is %+v (%v)", traces, err)
	}
	// A kill of the relay is one of its processes. The next relay goes on with the fourth.
	p.deliver(t, 4, program(t, "server=four"), relay.Server)
	pids := p.pids(t, 4)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	dead(t, pids)
	p = startRelay(t, dir)
	p.live(t, 4)
	p.answers(t, "tx4", "four")
	p.deliver(t, 5, program(t, "server=five"), relay.Server)
	p.answers(t, "tx5", "five")

	pids = p.pids(t, 5)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the relay ended with %v", err)
	}
	dead(t, pids)
	if left, _ := filepath.Glob(filepath.Join(dir, "work", "*")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

func (p *relayProcess) deliver(t *testing.T, n int, program string, mode relay.Mode) {
	t.Helper()
	if d, err := p.client.Deliver(t.Context(), n, program, mode); err != nil || d.Generation != n {
		t.Fatalf("delivered is %+v (%v)", d, err)
	}
}

func (p *relayProcess) answers(t *testing.T, txid, want string) {
	t.Helper()
	if got := p.invoke(t, txid); got != want {
		t.Errorf("%s is answered %q, want %q", txid, got, want)
	}
}

// live waits for a generation to be live.
func (p *relayProcess) live(t *testing.T, n int) {
	t.Helper()
	err := wait.For(t.Context(), patience, func(ctx context.Context) error {
		if s, err := p.client.Status(ctx); err != nil || s.Live != n {
			return fmt.Errorf("the status is %+v (%w)", s, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pids are those of the processes of a generation.
func (p *relayProcess) pids(t *testing.T, n int) []int {
	t.Helper()
	s, err := p.client.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, g := range s.Generations {
		if g.Number == n {
			pids = append(pids, g.PIDs...)
		}
	}
	if len(pids) == 0 {
		t.Fatalf("generation %d has no processes: %+v", n, s)
	}
	return pids
}

func dead(t *testing.T, pids []int) {
	t.Helper()
	err := wait.For(t.Context(), patience, func(context.Context) error {
		for _, pid := range pids {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if syscall.Kill(pid, 0) == nil && (err != nil || !strings.Contains(string(stat), ") Z ")) {
				return fmt.Errorf("process %d lives", pid)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhatARelayCannotRunWithout(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, tc := range map[string]struct {
		change func(o *RunOptions)
		want   string
	}{
		"no token":       {func(o *RunOptions) { o.TokenFile += "x" }, "token"},
		"an empty token": {func(o *RunOptions) { o.TokenFile = os.DevNull }, "token"},
		"peers' address": {func(o *RunOptions) { o.Listen = taken.Addr().String() }, "for peers"},
		"API's address":  {func(o *RunOptions) { o.Control = taken.Addr().String() }, "for its control API"},
		"no folder":      {func(o *RunOptions) { o.Dir = os.DevNull }, os.DevNull},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o := RunOptions{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", PackageID: packageID, Dir: dir, TokenFile: filepath.Join(dir, "token"), Err: io.Discard}
			if err := os.WriteFile(o.TokenFile, []byte(token), 0o600); err != nil {
				t.Fatal(err)
			}
			tc.change(&o)
			err := Run(t.Context(), o)
			f := fault.From(err)
			if f == nil || f.Kind != fault.Boot || f.Fix == "" || !strings.Contains(f.What, tc.want) {
				t.Errorf("the error is %+v", f)
			}
			if strings.Contains(name, "address") && !strings.Contains(f.What, taken.Addr().String()) {
				t.Errorf("%q does not name the address", f.What)
			}
		})
	}
}

// TestADamagedProgramIsExplained has a relay that cannot start what was live.
func TestADamagedProgramIsExplained(t *testing.T) {
	dir := t.TempDir()
	p := startRelay(t, dir)
	p.deliver(t, 1, program(t, "server=one"), relay.Server)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	programs, err := filepath.Glob(filepath.Join(dir, "programs", programPrefix+"*"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("the programs are %v (%v)", programs, err)
	}
	if err := os.Truncate(programs[0], 5); err != nil {
		t.Fatal(err)
	}
	p = startRelay(t, dir)
	err = wait.For(t.Context(), patience, func(ctx context.Context) error {
		if s, err := p.client.Status(ctx); err != nil || !strings.Contains(s.Reason, "damaged") {
			return fmt.Errorf("the status is %+v (%w)", s, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	p.deliver(t, 2, program(t, "server=two"), relay.Server)
	p.answers(t, "tx1", "two")
}
