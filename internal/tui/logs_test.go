package tui

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/event"
)

// Each source has its tab, and the line of no known time shows none.
func TestTabs(t *testing.T) {
	d := newDesk(t, 120, 40)
	for _, service := range []string{"orderer", "peer0.org1", "couchdb0.org1", "chaincode-assets", "chaincode-assets-g2"} {
		d.happens(event.Log{Service: service, Text: "said by " + service})
	}
	d.happens(event.Notice{Text: "said by build"})
	d.press("t")
	for tab, want := range map[string]string{
		"all": "orderer peer0.org1 couchdb0.org1 chaincode-assets chaincode-assets-g2 build", "build": "build",
		"chaincode": "chaincode-assets chaincode-assets-g2", "peer": "peer0.org1 couchdb0.org1", "orderer": "orderer",
	} {
		for !strings.Contains(d.text(), "["+tab+"]") {
			d.press("]")
		}
		var got []string
		for _, part := range strings.Split(d.text(), "said by ")[1:] {
			got = append(got, strings.Fields(part)[0])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s shows %q", tab, got)
		}
		d.lacks("00:00:00")
	}
}
