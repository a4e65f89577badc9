package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/session"
)

// enemy makes up what a chaincode, a file's name or a peer could say to break a screen.
type enemy struct{ *rand.Rand }

var words = []string{
	"asset", "", " ", "\x1b[2J", "\x1b[31mred", "\x1b]0;title\a", "\x1bPq\x1b\\", "\x9b1A", "\r", "\n", "\t", "\b\b", "\x00", "\u202eturned", "\u200b",
	"資産", "a\u0301\u0301\u0301", "👩‍👩‍👧", "🇨🇭", "\ufe0f", "\xff\xfe", strings.Repeat("long", 100), "{\"a\":", "…", "│", "\u00ad", "\u2028", "ﷺ",
}

func (e enemy) text() string {
	var b strings.Builder
	for range e.IntN(6) {
		b.WriteString(words[e.IntN(len(words))])
	}
	return b.String()
}

func (e enemy) fault() *fault.Fault {
	return fault.New(fault.Build, e.text(), "%s", e.text()).WithLog([]string{e.text(), "./" + e.text() + ".go:1:2: " + e.text()})
}

func (e enemy) event() event.Event {
	number, took, when := e.IntN(5), time.Duration(e.Int64N(1e12)), morning.Add(time.Duration(e.Int64N(1e12)))
	phases := []string{"changed", "building", phaseLive, phaseFailed, e.text()}
	all := []event.Event{
		event.Begun{Project: e.text(), Fabric: e.text(), Runtime: e.text(), Why: e.text()}, event.StepStarted{Step: e.text(), Reason: e.text()},
		event.StepProgress{Step: e.text(), Text: e.text(), Done: number, Total: 5}, event.StepDone{Step: e.text(), Note: e.text(), Took: took},
		event.StepSkipped{Step: e.text(), Reason: e.text()}, event.StepFailed{Step: e.text(), Error: e.text(), Took: took}, event.StepCancelled{Step: e.text()},
		event.Change{Chaincode: e.text(), Phase: phases[e.IntN(len(phases))], Generation: number, Files: []string{e.text(), e.text()}, Since: took, Error: e.text(), Err: e.fault()},
		event.Transaction{TxID: fmt.Sprint(number), Chaincode: e.text(), Function: e.text(), Caller: e.text(), Peer: e.text(), Generation: number, Began: when, Took: took, Error: e.text()},
		event.Block{Number: uint64(number), Transactions: []event.BlockTransaction{{TxID: fmt.Sprint(number), Code: e.text()}}},
		event.Notice{Text: e.text()}, event.Log{Service: e.text(), Time: when, Text: e.text()}, isUp{},
	}
	return all[e.IntN(len(all))]
}

func (e enemy) status() session.Status {
	st := session.Status{Project: e.text(), Channel: e.text(), State: session.StateUp, Height: uint64(e.IntN(9))}
	for range e.IntN(4) {
		s := session.ServiceStatus{Service: runtime.Service{Name: e.text(), State: []runtime.State{runtime.Running, runtime.Exited, runtime.State(e.text())}[e.IntN(3)]}, Address: e.text()}
		st.Services = append(st.Services, s)
		cc := session.ChaincodeStatus{Name: e.text(), Version: e.text(), PackageID: e.text(), Reason: e.text()}
		if e.IntN(2) == 0 {
			cc.Crash = &session.Crash{Exit: e.text(), At: morning, Log: []string{e.text(), e.text()}}
		}
		if e.IntN(3) == 0 {
			cc.External = &session.ExternalStatus{Address: e.text()}
		}
		st.Chaincodes = append(st.Chaincodes, cc)
	}
	return st
}

// answer is what the backend could bring, and the overlay that waits for it.
func (e enemy) answer(m *model) tea.Msg {
	value := trace.Value{Size: 3, Text: e.text()}
	when := morning
	switch o := m.overlay.(type) {
	case *browser:
		return pageMsg{asked: o.asking, page: state.Page{More: e.IntN(2) == 0, Entries: []state.Entry{
			{Key: e.text(), Value: []byte(e.text()), TxID: e.text(), Time: &when}, {Key: e.text(), Composite: &state.Composite{ObjectType: e.text(), Attributes: []string{e.text()}}},
		}}}
	case *traceView:
		return traceMsg{txid: o.tx.TxID, traces: []trace.Trace{{
			TxID: e.text(), Channel: e.text(), Chaincode: e.text(), Function: e.text(), Args: []trace.Value{value}, Peer: e.text(), Start: when,
			Requests: []trace.Request{{Type: e.text(), Key: e.text(), Value: &value, Error: e.text()}}, Error: e.text(),
		}}}
	case *drawer:
		all := []tea.Msg{
			contractMsg{contract: contract.Contract{Functions: []contract.Function{{Name: e.text(), Parameters: []contract.Parameter{{Name: e.text(), Type: e.text()}}}, {Name: e.text()}}}},
			usersMsg{{Name: e.text(), Org: e.text()}, {Name: e.text(), Org: e.text()}}, callsMsg{{Function: e.text(), Args: []string{e.text()}}},
			resultMsg{o, result{call: call{Function: e.text()}, value: gateway.Result{Payload: []byte(e.text()), Status: e.text()}}}, resultMsg{o, result{fault: e.fault()}},
			resultMsg{&drawer{}, result{call: call{Function: e.text(), Submit: true}, value: gateway.Result{Status: e.text()}}}, // that was closed
		}
		return all[e.IntN(len(all))]
	}
	return faultMsg{e.fault()}
}

func (e enemy) key() tea.KeyPressMsg {
	named := []string{"enter", "esc", "tab", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "space", "ctrl+c", "ctrl+t", "ctrl+r", "ctrl+n"}
	if e.IntN(2) == 0 {
		return keyNamed(named[e.IntN(len(named))])
	}
	return keyNamed(string(" 123fm?qdibrRW[]/&nNswtpCvygGhlckxYj-\"é資"[e.IntN(36)]))
}

func (e enemy) message(m *model) tea.Msg {
	switch e.IntN(12) {
	case 0:
		return tea.WindowSizeMsg{Width: 20 + e.IntN(181), Height: 5 + e.IntN(56)}
	case 1:
		return statusMsg{status: e.status()}
	case 2, 3:
		return e.answer(m)
	case 4:
		return workEndedMsg{e.fault()}
	case 5:
		return tea.PasteMsg{Content: e.text()}
	case 6, 7, 8:
		return e.key()
	default:
		return eventsMsg{e.event(), e.event(), e.event()}
	}
}

// Whatever comes, the screen has its size, and nothing on it moves the cursor.
func TestHostileWorld(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			e := enemy{rand.New(rand.NewPCG(seed, 1))}
			d := newDesk(t, 80, 24)
			for range 150 {
				msg := e.message(d.m)
				d.m.Update(msg)
				whole(t, d.m.View().Content, d.m.width, d.m.height)
				if t.Failed() {
					t.Fatalf("after %T %q at %dx%d:\n%s", msg, msg, d.m.width, d.m.height, d.text())
				}
			}
		})
	}
}
