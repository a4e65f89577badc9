package ccpackage

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

// DefaultDialTimeout stands where a connection names no time: Fabric's own builder writes an
// empty one, which the peer then rejects at the first launch.
const DefaultDialTimeout = "10s"

// Connection says how the peer reaches the chaincode. It is connection.json
// (core/container/externalbuilder/instance.go, ChaincodeServerUserData).
type Connection struct {
	Address            string `json:"address"`                        // host:port
	DialTimeout        string `json:"dial_timeout"`                   // as time.ParseDuration takes it
	TLSRequired        bool   `json:"tls_required"`                   // false when omitted, whatever the docs say
	ClientAuthRequired bool   `json:"client_auth_required,omitempty"` // of no effect without TLSRequired
	RootCert           string `json:"root_cert,omitempty"`            // PEM of whoever signed the chaincode's certificate
	ClientCert         string `json:"client_cert,omitempty"`          // PEM the peer shows
	ClientKey          string `json:"client_key,omitempty"`           // PEM, its key
	Domain             string `json:"domain,omitempty"`               // the name to verify; the peer uses it only with ClientAuthRequired
}

// ParseConnection reads a connection.json as leniently as any builder in use does: booleans may
// be strings ("true"), the dial timeout may be a number of nanoseconds, unknown fields are
// ignored. It does not check the values. The error is a fault of the kind Usage.
func ParseConnection(data []byte) (Connection, error) {
	var wire struct {
		Address            json.RawMessage `json:"address"`
		DialTimeout        json.RawMessage `json:"dial_timeout"`
		TLSRequired        json.RawMessage `json:"tls_required"`
		ClientAuthRequired json.RawMessage `json:"client_auth_required"`
		RootCert           json.RawMessage `json:"root_cert"`
		ClientCert         json.RawMessage `json:"client_cert"`
		ClientKey          json.RawMessage `json:"client_key"`
		Domain             json.RawMessage `json:"domain"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return Connection{}, fault.New(fault.Usage, `write it as {"address": "host:port"}`,
			"%s is not a JSON object%s: %w", ConnectionFile, placeOf(err, data), err)
	}
	var c Connection
	for _, err := range []error{
		stringField("address", wire.Address, &c.Address),
		durationField("dial_timeout", wire.DialTimeout, &c.DialTimeout),
		boolField("tls_required", wire.TLSRequired, &c.TLSRequired),
		boolField("client_auth_required", wire.ClientAuthRequired, &c.ClientAuthRequired),
		stringField("root_cert", wire.RootCert, &c.RootCert),
		stringField("client_cert", wire.ClientCert, &c.ClientCert),
		stringField("client_key", wire.ClientKey, &c.ClientKey),
		stringField("domain", wire.Domain, &c.Domain),
	} {
		if err != nil {
			return Connection{}, err
		}
	}
	return c, nil
}

// placeOf is " (line 3)" for a syntax error, as far as it is known.
func placeOf(err error, data []byte) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return ""
	}
	before := data[:min(int(syntax.Offset), len(data))]
	return " (line " + strconv.Itoa(1+bytes.Count(before, []byte("\n"))) + ")"
}

func isAbsent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func stringField(name string, raw json.RawMessage, to *string) error {
	if isAbsent(raw) {
		return nil
	}
	if err := json.Unmarshal(raw, to); err != nil {
		return badField(name, "is not a string", "put its value in double quotes")
	}
	return nil
}

func boolField(name string, raw json.RawMessage, to *bool) error {
	if isAbsent(raw) || json.Unmarshal(raw, to) == nil {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		for _, value := range []bool{true, false} {
			if strings.EqualFold(text, strconv.FormatBool(value)) {
				*to = value
				return nil
			}
		}
	}
	return badField(name, "is neither true nor false", "write true or false, without quotes")
}

func durationField(name string, raw json.RawMessage, to *string) error {
	var nanoseconds float64
	if isAbsent(raw) || json.Unmarshal(raw, &nanoseconds) != nil {
		return stringField(name, raw, to)
	}
	*to = time.Duration(nanoseconds).String()
	return nil
}

func badField(name, why, fix string) error {
	return fault.New(fault.Usage, fix, "%s in %s %s", name, ConnectionFile, why)
}

// Canonical is the connection as a builder hands it to the peer: with a dial timeout, and
// without the fields that only TLS uses when there is no TLS.
func (c Connection) Canonical() Connection {
	if c.DialTimeout == "" {
		c.DialTimeout = DefaultDialTimeout
	}
	if !c.TLSRequired {
		return Connection{Address: c.Address, DialTimeout: c.DialTimeout}
	}
	if !c.ClientAuthRequired {
		c.ClientCert, c.ClientKey = "", ""
	}
	return c
}

// Encode is the connection.json of c, in one line. The same connection gives the same bytes.
func (c Connection) Encode() []byte { return encode(c) }
