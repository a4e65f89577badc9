//go:build unix

package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/wait"
)

const patience = 20 * time.Second

var background = context.Background()

// running is a host whose processes behave alike.
func running(t *testing.T, how string, out io.Writer, env ...string) *Host {
	t.Helper()
	h := New(Options{Dir: t.TempDir(), Env: append([]string{behaviour + "=" + how, quickExit}, env...),
		LocalMSPID: "Org1MSP", Out: out})
	t.Cleanup(h.Close)
	return h
}

func start(t *testing.T, h *Host, l relay.Launch) relay.Process {
	t.Helper()
	l.Program = os.Args[0]
	p, err := h.Start(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func exit(t *testing.T, p relay.Process) relay.Exit {
	t.Helper()
	select {
	case <-p.Done():
		return p.Exit()
	case <-time.After(patience):
		t.Fatal("the process is not done")
		return relay.Exit{}
	}
}

// gone waits for a process that a test did not start itself to have ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	err := wait.For(t.Context(), patience, func(context.Context) error {
		if alive(pid) {
			return fmt.Errorf("process %d lives", pid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// alive is false for a process that only waits to be reaped, too.
func alive(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.HasPrefix(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " Z")
}

func TestWhatAProcessIsTold(t *testing.T) {
	const id = "basic_1.0:0123"
	own := []string{ // what the environment of all says, and what is not for it to say
		"LOG_LEVEL=debug", "CHAINCODE_ID=other", "CHAINCODE_SERVER_ADDRESS=9.9.9.9:1",
		"CORE_CHAINCODE_ADDRESS=9.9.9.9:2", "CORE_PEER_ADDRESS=9.9.9.9:3", "CHAINCODE_TLS_DISABLED=false",
	}
	common := map[string]string{
		"CHAINCODE_ID": id, "CORE_CHAINCODE_ID": id, "CORE_CHAINCODE_ID_NAME": id, "CORE_PEER_TLS_ENABLED": "false",
		"CHAINCODE_TLS_DISABLED": "true", "CORE_PEER_LOCALMSPID": "Org1MSP", "LOG_LEVEL": "debug",
	}
	for name, tc := range map[string]struct {
		launch relay.Launch
		env    []string
		want   map[string]string // "" for not there; ADDRESS for the process's own
		args   []string
	}{
		"a server": {
			launch: relay.Launch{Mode: relay.Server},
			want:   map[string]string{"CHAINCODE_SERVER_ADDRESS": "ADDRESS", "CORE_CHAINCODE_ADDRESS": "ADDRESS", "CORE_PEER_ADDRESS": ""},
		},
		"a client": {
			launch: relay.Launch{Mode: relay.Client, Dial: "127.0.0.1:7052"},
			want:   map[string]string{"CHAINCODE_SERVER_ADDRESS": "", "CORE_CHAINCODE_ADDRESS": "", "CORE_PEER_ADDRESS": "127.0.0.1:7052"},
			args:   []string{"--peer.address", "127.0.0.1:7052"},
		},
		"an MSP of the project's own": {
			launch: relay.Launch{Mode: relay.Server},
			env:    []string{"CORE_PEER_LOCALMSPID=Org7MSP"},
			want:   map[string]string{"CORE_PEER_LOCALMSPID": "Org7MSP"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := running(t, "tell", nil, append(slices.Clone(own), tc.env...)...)
			tc.launch.PackageID, tc.launch.Generation = id, 7
			p := start(t, h, tc.launch)
			var got told
			log := exit(t, p).Log
			if err := json.Unmarshal([]byte(strings.Join(log, "\n")), &got); err != nil {
				t.Fatalf("%v: %q", err, log)
			}
			if !slices.Equal(got.Args, tc.args) && len(got.Args)+len(tc.args) > 0 {
				t.Errorf("its arguments are %q, want %q", got.Args, tc.args)
			}
			env := map[string]string{}
			for _, v := range got.Env {
				name, value, _ := strings.Cut(v, "=")
				env[name] = value
			}
			for _, wants := range []map[string]string{common, tc.want} {
				for name, want := range wants {
					if _, more := tc.want[name]; more {
						want = tc.want[name]
					}
					want = strings.ReplaceAll(want, "ADDRESS", p.Address())
					if value, has := env[name]; value != want || has != (want != "") {
						t.Errorf("%s is %q (there: %v), want %q", name, value, has, want)
					}
				}
			}
			if filepath.Dir(got.Dir) == filepath.Dir(os.Args[0]) || !strings.HasPrefix(filepath.Base(got.Dir), "generation-7-") {
				t.Errorf("it runs in %s", got.Dir)
			}
			if _, err := os.Stat(got.Dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("its folder is still there: %v", err)
			}
			if (p.Address() == "") != (tc.launch.Mode == relay.Client) {
				t.Errorf("its address is %q", p.Address())
			}
		})
	}
}

func TestHowProcessesEnd(t *testing.T) {
	for how, want := range map[string]relay.Exit{
		"exit=0":    {Code: 0, How: "exit code 0"},
		"exit=3":    {Code: 3, How: "exit code 3"},
		"signal=15": {Code: -1, How: "signal: terminated"},
		"signal=9":  {Code: -1, How: "signal: killed"},
	} {
		t.Run(how, func(t *testing.T) {
			got := exit(t, start(t, running(t, how, nil), relay.Launch{}))
			if got.Code != want.Code || got.How != want.How {
				t.Errorf("it ended with %d, %q, want %d, %q", got.Code, got.How, want.Code, want.How)
			}
		})
	}
}

func TestEverythingAProcessStartedEndsWithIt(t *testing.T) {
	for how, code := range map[string]int{"parent": -1, "leave": 5} {
		t.Run(how, func(t *testing.T) {
			r, w := io.Pipe()
			defer func() { _ = r.Close() }()
			p := start(t, running(t, how, w), relay.Launch{})
			child := started(t, bufio.NewScanner(r))
			if how == "parent" {
				p.Kill()
			}
			if e := exit(t, p); e.Code != code {
				t.Errorf("it ended with %+v", e)
			}
			gone(t, child)
			p.Kill() // of what is done does nothing
		})
	}
}

func TestWhoLeftTheGroupHoldsNobodyUp(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = r.Close() }()
	p := start(t, running(t, "escape", w), relay.Launch{})
	child := started(t, bufio.NewScanner(r))
	defer func() { _ = syscall.Kill(child, syscall.SIGKILL); gone(t, child) }()
	if e := exit(t, p); e.Code != 6 || len(e.Log) != 1 {
		t.Errorf("it ended with %+v", e)
	}
}

func TestServersGetAddressesOfTheirOwn(t *testing.T) {
	w := &lineWriter{t: t, lines: map[string]int{}}
	h := running(t, "listen", w)
	const servers = 8
	addresses := make(chan string, servers)
	var all sync.WaitGroup
	for i := range servers {
		all.Go(func() {
			p, err := h.Start(t.Context(), relay.Launch{Generation: i, Program: os.Args[0], Mode: relay.Server})
			if err != nil {
				t.Error(err)
				addresses <- ""
				return
			}
			addresses <- p.Address()
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for range servers {
		address := <-addresses
		if seen[address] {
			t.Errorf("%s was given twice", address)
		}
		seen[address] = true
		err := wait.For(t.Context(), patience, func(ctx context.Context) error {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			return conn.Close()
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestCloseEndsEverything(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "generation-3-left")
	kept := filepath.Join(dir, "kept")
	for _, d := range []string{left, kept} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h := New(Options{Dir: dir, Env: []string{behaviour + "=block"}})
	var all []relay.Process
	for range 3 {
		all = append(all, start(t, h, relay.Launch{Generation: 3}))
	}
	h.Close()
	for _, p := range all {
		select {
		case <-p.Done():
		default:
			t.Errorf("process %d is not done", p.PID())
		}
		gone(t, p.PID())
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "kept" {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
	if _, err := h.Start(t.Context(), relay.Launch{Program: os.Args[0]}); !errors.Is(err, errClosed) {
		t.Errorf("a closed host starts a process: %v", err)
	}
	h.Close() // once more does nothing
}

func TestWhatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct {
		program string
		want    error
	}{
		"nothing there":      {filepath.Join(dir, "nothing"), os.ErrNotExist},
		"not a program":      {file("text", "nothing to run", 0o755), syscall.ENOEXEC},
		"not to be executed": {file("data", "#!/bin/sh\n", 0o644), os.ErrPermission},
	} {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			h := New(Options{Dir: work})
			defer h.Close()
			p, err := h.Start(t.Context(), relay.Launch{Generation: 9, Program: tc.program, Mode: relay.Server})
			f := fault.From(err)
			if !errors.Is(err, tc.want) || f.Kind != fault.Chaincode || f.Fix == "" || !strings.Contains(f.What, "generation 9") || p != nil {
				t.Errorf("the error is %#v, want a fault of %v", f, tc.want)
			}
			if entries, err := os.ReadDir(work); err != nil || len(entries) > 0 {
				t.Errorf("%v is left (%v)", entries, err)
			}
		})
	}
}

func TestAStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := running(t, "block", nil).Start(ctx, relay.Launch{Program: os.Args[0]}); !errors.Is(err, context.Canceled) || p != nil {
		t.Errorf("it gave %v and %v", p, err)
	}
}
