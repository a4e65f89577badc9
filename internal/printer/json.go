package printer

import (
	"encoding/json"
	"io"
	"sync"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
)

// JSON prints each event as one line of JSON: {"event":"step_done","step":…}.
type JSON struct {
	mu  sync.Mutex
	out io.Writer
}

// NewJSON makes a printer that writes to out.
func NewJSON(out io.Writer) *JSON { return &JSON{out: out} }

// Sink prints an event.
func (j *JSON) Sink(e event.Event) {
	fields, err := json.Marshal(e)
	if err != nil {
		return // events are plain values: they can always be marshalled
	}
	line := `{"event":"` + e.Name() + `"`
	if len(fields) > len("{}") {
		line += ","
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	io.WriteString(j.out, line+string(fields[1:])+"\n") //nolint:errcheck // there is nowhere else to say that the reader is gone
}

// FaultJSON prints an error as one line of JSON.
func FaultJSON(out io.Writer, f *fault.Fault) {
	type body struct {
		Code    fault.Kind `json:"code"`
		Message string     `json:"message"`
		Fix     string     `json:"fix,omitempty"`
		Log     []string   `json:"log,omitempty"`
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.Encode(map[string]body{"error": {f.Kind, f.What, f.Fix, f.Log}}) //nolint:errcheck // as above
}
