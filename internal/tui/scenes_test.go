package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/session"
)

// scenes are the states of the screen, by name: each gets a desk into its own.
var scenes = map[string]func(d *desk){
	"booting": booting, "not-up": notUp, "deploying": deploying, "live": live, "rebuilding": rebuilding,
	"build-failed": buildFailed, "crashed": crashed, "recovered": recovered, "stopped": stopped,
	"help":   func(d *desk) { live(d); d.press("?") },
	"leave":  func(d *desk) { live(d); d.press("ctrl+c") },
	"trace":  traced,
	"error":  func(d *desk) { live(d); d.m.Update(faultMsg{noPeer}) },
	"drawer": drawn,
	"form": func(d *desk) {
		drawn(d)
		d.press("enter")
		d.until("a form", func() bool { return d.m.overlay.(*drawer).form != nil })
	},
	"result": answered,
	"call-error": func(d *desk) {
		drawn(d)
		d.fake.fail = noPeer
		d.write("lose")
		d.press("enter")
		d.shows("✗ peer0.org1")
	},
	"state":     browsed,
	"history":   history,
	"selection": func(d *desk) { live(d); d.press("v", "up", "up") },
	"search":    func(d *desk) { live(d); d.press("/"); d.write("asset"); d.press("enter") },
	"asking":    func(d *desk) { live(d); d.press("&"); d.write("comm") },
	"cleared":   func(d *desk) { live(d); d.press("C") },
	"paused": func(d *desk) {
		live(d)
		d.press("W")
		d.until("paused", func() bool { return d.taken["tui.flashMsg"] })
	},
	"calls":         func(d *desk) { live(d); d.press("3") },
	"attached":      attached,
	"leave-booting": func(d *desk) { booting(d); d.press("ctrl+c") },
	"leave-not-up":  func(d *desk) { notUp(d); d.press("ctrl+c") },
	"partial": func(d *desk) {
		live(d)
		d.fake.status.State = session.StatePartial
		d.fake.status.Services[1].State, d.fake.status.Services[1].ExitCode = runtime.Exited, 137
		d.looks()
		d.looks()
	},
}

var noPeer = fault.New(fault.Boot, `free the port, or set ports.peer in ccdev.yaml, then run "ccdev up"`,
	"peer0.org1 cannot listen: port 7051 is in use by pid 4312 (peer)").WithLog([]string{"listen tcp 127.0.0.1:7051: bind: address already in use", "\tpanic(0x1)"})

func begun() event.Event { return event.Begun{Project: "assets", Fabric: "3.1.1", Runtime: "process"} }

func booting(d *desk) {
	d.happens(begun(),
		event.StepSkipped{Step: "fabric", Reason: "compiled"}, event.StepStarted{Step: "identities", Reason: "there are none"},
		event.StepDone{Step: "identities", Note: "2 orgs", Took: 40 * time.Millisecond}, event.StepStarted{Step: "build assets", Reason: "its sources are new"},
		event.StepStarted{Step: "nodes", Reason: "none runs"}, event.StepProgress{Step: "nodes", Text: "starting peer0.org1", Done: 1, Total: 2},
		event.Log{Service: "orderer", Time: morning, Text: "Starting orderer: version 3.1.1"})
	d.m.now = morning.Add(1300 * time.Millisecond)
}

func notUp(d *desk) {
	booting(d)
	d.happens(event.StepFailed{Step: "nodes", Error: noPeer.What, Took: time.Second}, event.StepCancelled{Step: "build assets"})
	d.m.Update(workEndedMsg{noPeer})
}

func deploying(d *desk) {
	booting(d)
	d.happens(event.StepDone{Step: "build assets", Took: 420 * time.Millisecond}, event.StepDone{Step: "nodes", Took: 300 * time.Millisecond},
		event.StepStarted{Step: "install assets", Reason: "no peer has it"}, event.StepDone{Step: "install assets", Took: 80 * time.Millisecond},
		event.StepStarted{Step: "approve assets", Reason: "sequence 1"})
}

func live(d *desk) {
	deploying(d)
	d.happens(event.StepDone{Step: "approve assets", Took: 90 * time.Millisecond}, event.StepStarted{Step: "commit assets", Reason: "sequence 1"},
		event.StepDone{Step: "commit assets", Note: "sequence 1", Took: 60 * time.Millisecond}, isUp{})
	d.fake.status = session.Status{
		Project: "assets", Runtime: "process", Fabric: "3.1.1", Channel: "mychannel", State: session.StateUp, Height: 6,
		Services: []session.ServiceStatus{
			{Service: runtime.Service{Name: "orderer", State: runtime.Running}, Address: "127.0.0.1:7050"},
			{Service: runtime.Service{Name: "peer0.org1", State: runtime.Running}, Address: "127.0.0.1:7051"},
			{Service: runtime.Service{Name: "relay-assets", State: runtime.Running}, Address: "127.0.0.1:7060"},
		},
		Chaincodes: []session.ChaincodeStatus{{Name: "assets", Version: "1.0", Sequence: 1, PackageID: "assets_1.0:5f1c2a77d0", Generation: 1, Relay: true}},
	}
	d.looks()
	for i := range 12 {
		d.happens(event.Log{Service: "chaincode-assets-1", Time: morning.Add(time.Duration(i) * time.Second), Text: fmt.Sprintf(`put asset%d {"owner":"alice"}`, i)})
	}
	d.happens(event.Log{Service: "peer0.org1", Time: morning, Text: "Received block 5 from buffer; committed block 5 with 1 transaction(s)"})
	for i, t := range []event.Transaction{
		{TxID: "11aa", Function: "CreateAsset", Took: 4 * time.Millisecond}, {TxID: "22bb", Function: "ReadAsset", Took: time.Millisecond},
		{TxID: "33cc", Function: "TransferAsset", Took: 7 * time.Millisecond, Error: "asset9 does not exist"}, {TxID: "44dd", Function: "UpdateAsset", Took: 5 * time.Millisecond},
	} {
		t.Chaincode, t.Caller, t.Generation, t.Began = "assets", "alice@Org1MSP", 1, morning.Add(time.Duration(i)*time.Second)
		d.happens(t)
	}
	d.happens(event.Block{Number: 5, Transactions: []event.BlockTransaction{{TxID: "11aa", Code: "VALID"}}},
		event.Block{Number: 6, Transactions: []event.BlockTransaction{{TxID: "44dd", Code: "MVCC_READ_CONFLICT"}}},
		event.Change{Chaincode: "assets", Phase: phaseLive, Generation: 1, Files: []string{"asset.go"}, Since: 700 * time.Millisecond})
}

// attached is a network that was up before, of which more was told than its last blocks say.
func attached(d *desk) {
	live(d)
	before := event.Transaction{TxID: "00ff", Chaincode: "assets", Function: "InitLedger", Caller: "Admin@Org1MSP", Generation: 1, Began: morning.Add(-time.Hour), Took: time.Millisecond}
	d.happens(before)
	d.fake.traces = []trace.Trace{{TxID: "00ff", Channel: "mychannel", Chaincode: "assets", Function: "InitLedger", Peer: "peer0.org1", Generation: 1, Start: before.Began}}
	d.press("3", "g", "enter")
	d.until("the trace", func() bool { return d.taken["tui.traceMsg"] })
}

func rebuilding(d *desk) {
	live(d)
	d.happens(event.Change{Chaincode: "assets", Phase: "changed", Files: []string{"asset.go", "model/owner.go"}},
		event.Change{Chaincode: "assets", Phase: "building", Generation: 2})
}

func buildFailed(d *desk) {
	rebuilding(d)
	f := fault.New(fault.Build, "correct it and save; generation 1 goes on serving", "assets does not compile").
		WithLog([]string{"./asset.go:17:2: undefined: owners", "./asset.go:21:9: missing return"})
	d.happens(event.Change{Chaincode: "assets", Phase: phaseFailed, Generation: 2, Error: f.What, Err: f})
}

func crashed(d *desk) {
	live(d)
	cc := &d.fake.status.Chaincodes[0]
	cc.Generation, cc.Reason, cc.Crash = 0, "it has ended 3 times in a row, the last time with exit code 2", crash1()
	d.looks()
}

func crash1() *session.Crash {
	return &session.Crash{Exit: "exit code 2", Generation: 1, At: morning, Log: []string{
		"panic: assignment to entry in nil map", "main.store.lose(...)", "\t/home/a/assets/main.go:23", "main.store.Invoke(...)", "\t/home/a/assets/main.go:17",
	}}
}

func recovered(d *desk) {
	live(d)
	d.fake.status.Chaincodes[0].Crash = crash1()
	d.looks()
}

func stopped(d *desk) {
	live(d)
	d.fake.status.State = session.StateDown
	for i := range d.fake.status.Services {
		d.fake.status.Services[i].State, d.fake.status.Services[i].ExitCode = runtime.Exited, i
	}
	d.looks()
	d.m.Update(workEndedMsg{})
}

func traced(d *desk) {
	live(d)
	d.fake.traces = []trace.Trace{{
		TxID: "44dd", Channel: "mychannel", Chaincode: "assets", Function: "UpdateAsset", Args: []trace.Value{{Size: 6, Text: "asset1"}, {Size: 3, Text: "b'b"}},
		Caller: trace.Caller{MSPID: "Org1MSP", CommonName: "alice"}, Peer: "peer0.org1", Generation: 1, Start: morning, Duration: 5 * time.Millisecond,
		Requests: []trace.Request{
			{At: time.Millisecond, Duration: 800 * time.Microsecond, Type: "GET_STATE", Key: "asset1", Value: &trace.Value{Size: 17, Text: `{"owner":"alice"}`}},
			{At: 3 * time.Millisecond, Duration: 300 * time.Microsecond, Type: "PUT_STATE", Key: "asset1", Value: &trace.Value{Size: 15, Text: `{"owner":"bob"}`}},
		},
		Result: &trace.Result{Status: 200},
	}}
	d.press("3", "enter")
	d.until("the trace", func() bool { return d.m.overlay.(*traceView).traces != nil })
}

func drawn(d *desk) {
	live(d)
	text := func(names ...string) (all []contract.Parameter) {
		for _, n := range names {
			all = append(all, contract.Parameter{Name: n, Type: "string"})
		}
		return all
	}
	d.fake.told = contract.Contract{Functions: []contract.Function{
		{Name: "CreateAsset", Submit: true, Parameters: append(text("id", "owner"), contract.Parameter{Name: "value", Type: "integer"})},
		{Name: "GetAllAssets"}, {Name: "ReadAsset", Parameters: text("id")}, {Name: "TransferAsset", Submit: true, Parameters: text("id", "owner")},
	}}
	d.fake.users = []session.User{{Name: "Admin", Org: "Org1"}, {Name: "alice", Org: "Org1"}}
	d.press("i")
	d.until("the drawer knows all", func() bool {
		return d.taken["tui.contractMsg"] && d.taken["tui.usersMsg"] && d.taken["tui.callsMsg"]
	})
}

func answered(d *desk) {
	drawn(d)
	d.fake.result = gateway.Result{TxID: "55ee", Block: 7, Status: "VALID", Took: 21 * time.Millisecond, Payload: []byte(`{"id":"asset7","owner":"alice","tags":["a","b"]}`)}
	d.write("CreateAsset asset7 alice 100")
	d.press("enter")
	d.shows("in block 7")
}

func browsed(d *desk) {
	live(d)
	when := morning
	d.fake.page = state.Page{More: true, Bookmark: "next", Entries: []state.Entry{
		{Key: "asset1", Value: []byte(`{"owner":"alice","value":100}`), TxID: "11aa", Time: &when}, {Key: "asset2", Value: []byte("plain text"), TxID: "44dd", Time: &when},
		{Key: "\x00owner\x00alice\x00asset1\x00", Composite: &state.Composite{ObjectType: "owner", Attributes: []string{"alice", "asset1"}}, Value: []byte{0}, IsDelete: true},
	}}
	d.press("b")
	d.shows("asset2")
}

func history(d *desk) {
	browsed(d)
	d.press("h")
	d.until("the history", func() bool { return d.fake.was("History:true") && strings.Contains(d.text(), "11-21 09:00") })
}
