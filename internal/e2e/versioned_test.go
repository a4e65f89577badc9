package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/control"
)

// versioned is a chaincode whose every answer says which version of it answers. It stores what it
// is told, calls another chaincode, or ends the hard way.
const versioned = `package main

import (
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

var version = "VERSION" // no constant: those may be spread over instructions

type store struct{}

func (store) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (store) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	switch function {
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
	case "through": // CHAINCODE FUNCTION [ARG...]
		response := stub.InvokeChaincode(args[0], stub.GetArgs()[2:], "")
		if response.Status != shim.OK {
			return response
		}
		return shim.Success(append([]byte(version+" "), response.Payload...))
	}
	return shim.Success([]byte(version))
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

// versionName is what a version answers. All are of the same length, for stamp.
func versionName(version int) string { return fmt.Sprintf("version-%04d", version) }

func writeVersion(t *testing.T, dir, start string, version int) {
	t.Helper()
	source := strings.NewReplacer("VERSION", versionName(version), "START", start).Replace(versioned)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stamp is a program of which any version can be had without building it.
type stamp struct {
	code []byte // version 0
	file string
}

// newStamp builds version 0 of the chaincode, and leaves its sources in dir.
func newStamp(t *testing.T, dir, start string) stamp {
	t.Helper()
	writeVersion(t, dir, start, 0)
	s := stamp{file: filepath.Join(t.TempDir(), "chaincode")}
	target := build.Target{OS: "linux", Arch: goruntime.GOARCH}
	if _, err := build.Program(t.Context(), dir, s.file, target); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.code, err = os.ReadFile(s.file); err != nil {
		t.Fatal(err)
	}
	return s
}

// deliver hands a version to a relay, as the generation after the one of up's.
func (s stamp) deliver(ctx context.Context, relays *control.Client, version int) error {
	code := bytes.ReplaceAll(s.code, []byte(versionName(0)), []byte(versionName(version)))
	if bytes.Equal(code, s.code) {
		return fmt.Errorf("the program does not hold %q", versionName(0))
	}
	if err := os.WriteFile(s.file, code, 0o755); err != nil {
		return err
	}
	_, err := relays.Deliver(ctx, version+1, s.file, relay.Server)
	return err
}
