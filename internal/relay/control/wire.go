package control

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/ccdev/ccdev/internal/relay"
)

// The codes of what the server refuses.
const (
	codeForbidden    = "forbidden_host"
	codeUnauthorized = "unauthorized"
	codeBadRequest   = "bad_request"
	codeTooLarge     = "too_large"
	codeChecksum     = "checksum"
	codeCutOff       = "cut_off"
	codeStorage      = "storage"
	codeNotReady     = "not_ready"
	codeSuperseded   = "superseded"
	codeNotSwapped   = "not_swapped"
	codeNotFound     = "not_found"
	codeAmbiguous    = "ambiguous"
)

const (
	checksumHeader = "X-Content-SHA256"
	jsonType       = "application/json"
	linesType      = "application/x-ndjson"
)

// failure is the body of every answer that is none.
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	Exit    *exit  `json:"exit,omitempty"` // of the generation that could not be swapped to
}

type exit struct {
	Code int      `json:"code"`
	How  string   `json:"how"`
	Log  []string `json:"log"`
}

func exitOf(e *relay.Exit) *exit {
	if e == nil {
		return nil
	}
	return &exit{Code: e.Code, How: e.How, Log: e.Log}
}

// Delivered is the outcome of a program that is live.
type Delivered struct {
	Generation int    `json:"generation"`
	State      string `json:"state"`
	TookMS     int64  `json:"tookMS"` // from its last byte to the swap
	// Warning is what the user should know in spite of the success; mostly empty.
	Warning string `json:"warning,omitempty"`
}

type explanation struct {
	Reason string `json:"reason"`
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"code":"internal","message":"the answer is no JSON"}`)
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // who has gone needs no answer
}

func refuse(w http.ResponseWriter, status int, f failure) { answer(w, status, f) }

// pacedBody reads a body as long as it keeps coming.
type pacedBody struct {
	body    io.Reader
	control *http.ResponseController
}

func paced(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	return &pacedBody{body: r.Body, control: http.NewResponseController(w)}
}

func (p *pacedBody) Read(b []byte) (int, error) {
	// Where no deadline can be set, as in a test without a connection, there is none.
	_ = p.control.SetReadDeadline(time.Now().Add(pauseLimit))
	n, err := p.body.Read(b)
	if err != nil {
		_ = p.control.SetReadDeadline(time.Time{}) // the server reads on, to see whether the client goes
	}
	return n, err
}

// Close implements io.Closer; the server closes the body itself.
func (p *pacedBody) Close() error { return nil }
