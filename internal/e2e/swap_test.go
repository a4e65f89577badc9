package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
)

// versioned is a chaincode that says which version of it answers, and stores what it is told.
const versioned = `package main

import (
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

const version = "VERSION"

type store struct{}

func (store) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (store) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	switch function {
	case "version":
		return shim.Success([]byte(version))
	case "put":
		if err := stub.PutState(args[0], []byte(args[1])); err != nil {
			return shim.Error(err.Error())
		}
	case "get":
		value, err := stub.GetState(args[0])
		if err != nil {
			return shim.Error(err.Error())
		}
		return shim.Success(value)
	}
	return shim.Success(nil)
}

func main() {
START
}
`

// Where the chaincode listens, and where it dials as if to a peer.
const (
	listens = `	server := &shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: store{},
		TLSProps: shim.TLSProperties{Disabled: true},
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}`
	dials = `	if os.Getenv("CHAINCODE_SERVER_ADDRESS") != "" {
		log.Fatal("a client was told where to listen")
	}
	if err := shim.Start(store{}); err != nil {
		log.Fatal(err)
	}`
)

func writeVersion(t *testing.T, dir, start string, version int) {
	t.Helper()
	source := strings.NewReplacer("VERSION", fmt.Sprint(version), "START", start).Replace(versioned)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
}

// load is a stream of transactions that runs until it is stopped.
type load struct {
	cancel context.CancelFunc
	all    sync.WaitGroup

	submitted, evaluated atomic.Int64

	mu       sync.Mutex
	failures []error
	keys     []string // of the transactions that were acknowledged
}

// startLoad has workers submit and evaluate, each with a client of its own.
func startLoad(t *testing.T, n network.Network, chaincode string, workers int) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel}
	for w := range workers {
		client, err := gateway.Connect(n, n.Orgs[0], network.AdminUser)
		if err != nil {
			t.Fatal(err)
		}
		l.all.Go(func() {
			defer client.Close() //nolint:errcheck // the load is over
			for i := 0; ctx.Err() == nil; i++ {
				l.call(n, client, chaincode, fmt.Sprintf("w%d-%d", w, i))
			}
		})
	}
	return l
}

// call submits and evaluates one transaction, in a context of its own: the end of the load must
// not look like a failure.
func (l *load) call(n network.Network, client *gateway.Client, chaincode, key string) {
	call := gateway.Call{Channel: n.Channel, Chaincode: chaincode, Function: "put", Args: [][]byte{[]byte(key), []byte(key)}}
	_, err := client.Submit(context.Background(), call)
	if err == nil {
		l.submitted.Add(1)
		l.mu.Lock()
		l.keys = append(l.keys, key)
		l.mu.Unlock()
		call.Function, call.Args = "get", [][]byte{[]byte(key)}
		_, err = client.Evaluate(context.Background(), call)
		l.evaluated.Add(1)
	}
	if err != nil {
		l.mu.Lock()
		l.failures = append(l.failures, err)
		l.mu.Unlock()
	}
}

func (l *load) stop() {
	l.cancel()
	l.all.Wait()
}

// New code at every save, with no failed transaction, and at once: a chaincode that listens, and
// an unmodified one that dials.
func TestSwapsUnderLoad(t *testing.T) {
	for name, start := range map[string]string{"listens": listens, "dials": dials} {
		t.Run(name, func(t *testing.T) {
			forRuntimes(t, func(t *testing.T, runtime string) {
				const swaps = 6
				dir := project(t, "demo")
				writeVersion(t, dir, start, 0)
				mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
				n, _, err := network.Recorded(dir)
				if err != nil {
					t.Fatal(err)
				}
				l := startLoad(t, n, "demo", 4)
				defer l.stop()
				for version := 1; version <= swaps; version++ {
					writeVersion(t, dir, start, version)
					mustRun(t, ccdev(dir, "reload"))
					for range 3 {
						if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "version"))); got != fmt.Sprint(version) {
							t.Errorf("version %s answers after the swap to %d", got, version)
						}
					}
				}
				l.stop()
				for _, err := range l.failures {
					t.Errorf("a transaction failed: %v", err)
				}
				t.Logf("%d submitted, %d evaluated", l.submitted.Load(), l.evaluated.Load())
				checkOnce(t, dir, l.keys)
			})
		})
	}
}

// checkOnce sees that every acknowledged key was written exactly once.
func checkOnce(t *testing.T, dir string, keys []string) {
	t.Helper()
	if len(keys) == 0 {
		t.Error("nothing was submitted")
	}
	for _, key := range keys[:min(len(keys), 20)] {
		out := mustRun(t, ccdev(dir, "state", key, "--history", "-o", "json"))
		if n := strings.Count(out, `"txid"`); n != 1 {
			t.Errorf("%s was written %d times: %s", key, n, out)
		}
	}
}

// Swaps one right after the other, of two programs in turn: CCDEV_TEST_SWAPS says how many.
func TestManySwaps(t *testing.T) {
	swaps := 30
	if n, err := strconv.Atoi(os.Getenv("CCDEV_TEST_SWAPS")); err == nil {
		swaps = n
	}
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		var programs [2]string
		for version := range programs {
			writeVersion(t, dir, listens, version)
			programs[version] = filepath.Join(t.TempDir(), "chaincode")
			target := build.Target{OS: "linux", Arch: goruntime.GOARCH}
			if _, err := build.Program(t.Context(), dir, programs[version], target); err != nil {
				t.Fatal(err)
			}
		}
		mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
		n, _, err := network.Recorded(dir)
		if err != nil {
			t.Fatal(err)
		}
		token, err := os.ReadFile(n.TokenFile(n.Chaincodes[0]))
		if err != nil {
			t.Fatal(err)
		}
		relays := control.Dial(n.Chaincodes[0].Control.Host, strings.TrimSpace(string(token)))
		defer relays.Close()
		l := startLoad(t, n, "demo", 8)
		defer l.stop()
		start := time.Now()
		for i := range swaps {
			if _, err := relays.Deliver(t.Context(), i+2, programs[i%2], relay.Server); err != nil {
				t.Fatalf("swap %d: %v", i, err)
			}
			if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "version"))); got != strconv.Itoa(i%2) {
				t.Errorf("version %s answers after the swap to %d", got, i%2)
			}
		}
		took := time.Since(start)
		l.stop()
		for _, err := range l.failures {
			t.Errorf("a transaction failed: %v", err)
		}
		t.Logf("%d swaps in %s; %d submitted, %d evaluated, %d failed",
			swaps, took, l.submitted.Load(), l.evaluated.Load(), len(l.failures))
		checkOnce(t, dir, l.keys)
	})
}
