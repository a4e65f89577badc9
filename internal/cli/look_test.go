package cli

import (
	"testing"

	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/google/go-cmp/cmp"
)

func TestStatusText(t *testing.T) {
	st := session.Status{
		Project: "assets", State: session.StateUp, Fabric: "3.1.1", Runtime: "docker", Channel: "mychannel", Height: 5,
		Services: []session.ServiceStatus{
			{Service: runtime.Service{Name: "orderer", State: runtime.Running, PID: 12}, Address: "127.0.0.1:7050"},
		},
		Chaincodes: []session.ChaincodeStatus{
			{Name: "basic", Version: "1.0", Sequence: 1, PackageID: "basic_1.0:01", Generation: 3, Relay: true},
			{Name: "held", Version: "1.0", Sequence: 1, PackageID: "held_1.0:03", Generation: 4, Relay: true, Debugger: "127.0.0.1:40000"},
			{
				Name: "other", Version: "1.0", Sequence: 2, PackageID: "other_1.0:02", Relay: true,
				Reason: "generation 2 of the chaincode: its process ended (exit code 1); it last wrote:\n\x1b[31mlost",
			},
		},
	}
	const want = `assets is up: Fabric 3.1.1 on docker, channel mychannel, 5 blocks

SERVICE  STATE    ADDRESS         PID
orderer  running  127.0.0.1:7050  12

CHAINCODE  VERSION  SEQUENCE  GENERATION  PACKAGE ID
basic      1.0      1         3           basic_1.0:01
held       1.0      1         4           held_1.0:03
other      1.0      2         0           other_1.0:02

held is being debugged, at 127.0.0.1:40000: what is saved goes live when "ccdev debug" ends

other has nothing to run: generation 2 of the chaincode: its process ended (exit code 1); it last wrote:
lost
`
	got, err := statusText(st)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
