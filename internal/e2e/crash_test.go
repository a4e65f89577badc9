package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/google/go-cmp/cmp"
)

// crashing is a chaincode that panics in a transaction, and ends at once where BEGIN has it so.
const crashing = `package main

import (
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type store struct{ owners map[string]string }

func (store) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (s store) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	if function, _ := stub.GetFunctionAndParameters(); function == "lose" {
		s.lose(stub.GetTxID())
	}
	return shim.Success(nil)
}

func (s store) lose(id string) {
	s.owners[id] = "nobody"
}

func main() {
	BEGIN
	if err := shim.Start(store{}); err != nil {
		log.Fatal(err)
	}
}
`

// A crash is in the status: how it ended, and why, in the user's own code.
func TestCrash(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		s, err := session.Open(session.Options{Dir: dir, CacheDir: shared.cache, Getenv: os.Getenv, Events: event.Discard})
		if err != nil {
			t.Fatal(err)
		}
		begin := func(with string) {
			source := strings.Replace(crashing, "BEGIN", with, 1)
			if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		status := func() session.ChaincodeStatus {
			st, err := s.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return st.Chaincodes[0]
		}

		begin(`println("no settings"); os.Exit(4)`)
		fails(t, ccdev(dir, "up", "-d", "--runtime", runtime), 7, "no settings")
		if cc := status(); cc.Generation != 0 || cc.Reason == "" || cc.Crash == nil || cc.Crash.Generation != 1 || cc.Crash.At.IsZero() ||
			cc.Crash.Exit != "exit code 4" || !slices.Equal(cc.Crash.Log, []string{"no settings"}) {
			t.Errorf("after an exit at the start it is %+v, %+v", cc, cc.Crash)
		}

		begin("log.SetOutput(os.Stdout)")
		mustRun(t, ccdev(dir, "up", "-d"))
		if cc := status(); cc.Generation == 0 || cc.Reason != "" || cc.Crash != nil {
			t.Errorf("once it runs it is %+v, %+v", cc, cc.Crash)
		}

		fails(t, ccdev(dir, "invoke", "lose"), 7, "panic: assignment to entry in nil map")
		cc := status()
		if cc.Generation == 0 || cc.Reason != "" || cc.Crash == nil || cc.Crash.Exit != "exit code 2" || cc.Crash.Generation != cc.Generation {
			t.Fatalf("after a panic it is %+v, %+v", cc, cc.Crash)
		}
		main := filepath.Join(dir, "main.go")
		want := []string{
			"panic: assignment to entry in nil map",
			"main.store.lose(...)", "\t" + main + ":23",
			"main.store.Invoke(...)", "\t" + main + ":17",
		}
		if diff := cmp.Diff(want, cc.Crash.Log); diff != "" {
			t.Errorf("its log (-want +got):\n%s", diff)
		}

		for tries := 0; status().Reason == "" && tries < 10; tries++ { // those count that come soon after a start
			fails(t, ccdev(dir, "invoke", "lose"), 7, "panic: assignment to entry in nil map")
		}
		if cc := status(); cc.Generation != 0 || !strings.Contains(cc.Reason, "3 times in a row") || cc.Crash == nil || cc.Crash.Exit != "exit code 2" {
			t.Errorf("after the last panic it is %+v, %+v", cc, cc.Crash)
		}
		if _, err := s.Contract(t.Context(), "demo"); fault.From(err) == nil || fault.From(err).Kind != fault.Chaincode {
			t.Errorf("the contract of what does not run: %v", err)
		}
	})
}
