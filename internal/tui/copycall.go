package tui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/ccdev/ccdev/internal/shell"
)

// again is a transaction that is to be made once more.
type again struct {
	trace.Trace
	session.Again
	submitted bool
}

// copyCall copies a transaction as a command that makes it again.
func (m *model) copyCall(t transaction, as func(again) string) tea.Cmd {
	return m.do(func() tea.Msg {
		traces, err := m.options.Backend.Trace(m.ctx, t.TxID, session.TraceOptions{Chaincode: t.Chaincode})
		switch {
		case err != nil:
			return faultMsg{err}
		case len(traces) == 0:
			return flashMsg("the relay does not know the transaction any more")
		}
		a := again{Trace: traces[0], submitted: t.code != ""}
		if err := a.writable(); err != nil {
			return faultMsg{err}
		}
		if a.Again, err = m.options.Backend.Again(m.ctx, a.Trace, a.submitted); err != nil {
			return faultMsg{err}
		}
		what := "the call"
		if len(a.Transient) > 0 {
			what = "the call: put in its transient values, which nobody keeps"
		}
		return copyMsg{as(a), what}
	})
}

// copyMsg is a command to put on the clipboard.
type copyMsg struct{ text, what string }

// writable is a fault where a transaction cannot be written as a command: it would be another one.
func (a again) writable() error {
	const fix = "call it from a program, with Fabric's gateway library"
	no := func(what string, args ...any) error {
		return fault.New(fault.Other, fix, "this call cannot be copied as a command: "+what, args...)
	}
	if strings.ContainsRune(a.Function, '\uFFFD') {
		return no("the name of its function is no text (UTF-8), which a command cannot take")
	}
	if a.ArgsOmitted > 0 {
		return no("it has %d arguments, of which the relay keeps the first %d", len(a.Args)+a.ArgsOmitted, len(a.Args))
	}
	for i, v := range a.Args {
		switch {
		case v.Truncated:
			return no("argument %d has %d bytes, of which the relay keeps the beginning", i+1, v.Size)
		case v.Base64 != "":
			return no("argument %d is %s that are no text (UTF-8), which a command cannot take", i+1, counted(v.Size, "byte"))
		}
	}
	return nil
}

// ccdevCall is a transaction as ccdev's own command.
func ccdevCall(a again) string {
	words := []string{"ccdev", "query"}
	if a.submitted {
		words[1] = "invoke"
	}
	words = append(words, "-n", shell.Quote(a.Chaincode))
	if a.As != "" {
		words = append(words, "--as", shell.Quote(a.As))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Transient)) {
		words = append(words, "--transient", shell.Quote(name+"=…"))
	}
	args := a.args()
	if strings.ContainsRune(strings.Join(args, ""), 0) { // which no program is given in an argument
		return strings.Join(append(words, "-c", shell.Quote(a.ctor())), " ")
	}
	words = append(words, "--")
	for _, arg := range args {
		words = append(words, shell.Quote(arg))
	}
	return strings.Join(words, " ")
}

// peerCall is a transaction as Fabric's own command, with what "ccdev env" sets.
func peerCall(a again) string {
	env, command := "ccdev env", "peer chaincode query"
	if a.Org != "" {
		env += " --org " + shell.Quote(a.Org)
	}
	if a.submitted {
		command = `peer chaincode invoke -o "$ORDERER_ADDRESS" --tls --cafile "$ORDERER_CA"`
	}
	if a.MSPDir != "" {
		command = "CORE_PEER_MSPCONFIGPATH=" + shell.Quote(a.MSPDir) + " " + command
	}
	for _, e := range a.Endorsers {
		command += " --peerAddresses " + shell.Quote(e.Address) + " --tlsRootCertFiles " + shell.Quote(e.RootCert)
	}
	if len(a.Transient) > 0 {
		values := map[string]string{}
		for name := range a.Transient {
			values[name] = "…" // in base64
		}
		command += " --transient " + shell.Quote(asJSON(values))
	}
	return fmt.Sprintf(`eval "$(%s)"; %s -C %s -n %s -c %s`, env, command, shell.Quote(a.Channel), shell.Quote(a.Chaincode), shell.Quote(a.ctor()))
}

// args are the function and its arguments.
func (a again) args() []string {
	args := []string{a.Function}
	for _, v := range a.Args {
		args = append(args, v.Text)
	}
	return args
}

// ctor are these as both commands take them after -c.
func (a again) ctor() string { return asJSON(map[string][]string{"Args": a.args()}) }

func asJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings
	return strings.TrimSpace(b.String())
}
