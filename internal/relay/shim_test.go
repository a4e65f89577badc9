package relay

import (
	"fmt"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// contract is a chaincode on the real shim.
type contract struct{ p *fakeProcess }

func (contract) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (c contract) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	switch function, _ := stub.GetFunctionAndParameters(); function {
	case "exit":
		c.p.exit(2, "panic: oh no", "main.go:7")
		<-c.p.done // the dead do not speak
		return shim.Error("it is dead")
	case "late":
		// A request after the transaction's end, as a goroutine makes it that was left behind.
		go func() { _, _ = stub.GetState("k") }()
		return shim.Success(fmt.Append(nil, c.p.Generation))
	case "fail":
		return shim.Error("no such asset")
	}
	if _, err := stub.GetState("k"); err != nil {
		return shim.Error(err.Error())
	}
	if err := stub.PutState("k", []byte("v")); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(fmt.Append(nil, c.p.Generation))
}

// onTheShim speaks with the relay as shim.Start and shim.ChaincodeServer do.
func onTheShim(p *fakeProcess, s talk) error {
	switch s := s.(type) {
	case peer.Chaincode_ConnectServer:
		return (&shim.ChaincodeServer{CCID: p.PackageID, CC: contract{p}}).Connect(s)
	case peer.ChaincodeSupport_RegisterClient:
		return shim.StartInProc(p.PackageID, openStream{s}, contract{p})
	}
	return fmt.Errorf("a %T", s)
}

// openStream leaves the end of the stream to the end of the process: the shim closes it while
// answers of its may still be on their way out, which the race detector notices.
type openStream struct {
	peer.ChaincodeSupport_RegisterClient
}

func (openStream) CloseSend() error { return nil }

func TestTheRealShim(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		g := newRig(t, Config{})
		g.host.add("a", onTheShim)
		p := g.peer()
		g.swap(1, "a", mode)
		second := g.peer()
		expect(t, p, "t1", "1")
		expect(t, second, "t1", "1")
		_, err := p.submit("t2", "fail")
		expectError(t, err, "no such asset")
		for i := range 20 {
			expect(t, p, fmt.Sprint("late", i), "1", "late")
		}
		p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_KEEPALIVE})
		p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, ChannelId: channel, Txid: "none"})
		expect(t, p, "t3", "1")
		g.swap(2, "a", mode)
		expect(t, p, "t4", "2")
		expect(t, second, "t4", "2")
		if s := g.r.Status(); s.Restarts != 0 {
			t.Errorf("its status is %+v", s)
		}
		_, err = p.submit("t5", "exit")
		expectError(t, err, "exit code 2", "panic: oh no", "main.go:7")
		expect(t, second, "t6", "2")
	})
}

func TestTheRealShimUnderLoad(t *testing.T) {
	inModes(t, func(t *testing.T, mode Mode) {
		l := swapsUnderLoad(t, 100, 8, mode, onTheShim, switches{})
		t.Logf("%+v", l)
		if l.failed > 0 || l.wrong > 0 {
			t.Errorf("%+v", l)
		}
	})
}
