package ccpackage

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseConnection(t *testing.T) {
	for _, tc := range []struct {
		name, json string
		want       Connection
	}{
		{"only an address", `{"address":"a:1"}`, Connection{Address: "a:1"}},
		{"real booleans", `{"tls_required":true,"client_auth_required":false}`, Connection{TLSRequired: true}},
		{"the docs' strings", `{"tls_required":"true","client_auth_required":"False"}`, Connection{TLSRequired: true}},
		{"nulls", `{"address":null,"dial_timeout":null,"tls_required":null}`, Connection{}},
		{"nanoseconds", `{"dial_timeout":3000000000}`, Connection{DialTimeout: "3s"}},
		{"other case and unknown fields", `{"Address":"a:1","key_path":"k"}`, Connection{Address: "a:1"}},
		{"all", `{"address":"a","dial_timeout":"1s","tls_required":true,"client_auth_required":true,"root_cert":"r","client_cert":"c","client_key":"k","domain":"d"}`,
			Connection{"a", "1s", true, true, "r", "c", "k", "d"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ParseConnection([]byte(tc.json))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseConnectionRejects(t *testing.T) {
	for _, tc := range []struct{ name, json, says string }{
		{"empty", "", "connection.json"},
		{"broken", "{\n\"address\": ,}", "line 2"},
		{"list", "[]", "JSON object"},
		{"number for a string", `{"address":1}`, "address"},
		{"word for a boolean", `{"tls_required":"yes"}`, "tls_required"},
		{"number for a boolean", `{"client_auth_required":1}`, "client_auth_required"},
		{"list for a time", `{"dial_timeout":[]}`, "dial_timeout"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ParseConnection([]byte(tc.json))
			isUsage(t, err, tc.says)
		})
	}
}

func TestCanonical(t *testing.T) {
	full := Connection{"a:1", "", true, true, "r", "c", "k", "d"}
	server, plain := full, full
	server.ClientAuthRequired = false
	plain.TLSRequired = false
	for _, tc := range []struct {
		name     string
		in, want Connection
	}{
		{"mutual TLS", full, Connection{"a:1", "10s", true, true, "r", "c", "k", "d"}},
		{"server TLS", server, Connection{"a:1", "10s", true, false, "r", "", "", "d"}},
		{"no TLS", plain, Connection{Address: "a:1", DialTimeout: "10s"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.in.Canonical()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateConnectionTakesWhatThePeerUses(t *testing.T) {
	cert, key := keyPair(t)
	for _, tc := range []struct {
		name string
		c    Connection
	}{
		{"plain", Connection{Address: "a:1", DialTimeout: "10s"}},
		{"plain with what TLS would need", Connection{Address: "a:1", DialTimeout: "0s", ClientAuthRequired: true, RootCert: "x"}},
		{"server TLS, with more than one certificate", Connection{Address: "a:1", DialTimeout: "1m", TLSRequired: true, RootCert: "text\n" + cert + cert}},
		{"mutual TLS", Connection{Address: "a:1", DialTimeout: "1s", TLSRequired: true, ClientAuthRequired: true, RootCert: cert, ClientCert: cert, ClientKey: key}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.c.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// FuzzConnection: what is parsed is written in the form the peer reads, and stays what it was.
func FuzzConnection(f *testing.F) {
	f.Add([]byte(`{"address":"a:1","dial_timeout":"10s","tls_required":"true","client_auth_required":false,"root_cert":"-----BEGIN"}`))
	f.Add([]byte(`{"address":"{{.p}}:1","dial_timeout":3e9,"domain":"<&>"}`))
	f.Add([]byte(`{"tls_required":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := ParseConnection(data)
		if err != nil {
			isUsage(t, err)
			return
		}
		_, _ = parsed.Validate(), parsed.validateFixed() // no panic
		c := parsed.Canonical()
		if c.DialTimeout == "" || c != c.Canonical() {
			t.Fatalf("%+v is not canonical", c)
		}
		again, err := ParseConnection(c.Encode())
		if err != nil || again != c {
			t.Fatalf("%+v came back as %+v: %v", c, again, err)
		}
		var peer struct {
			TLS        bool   `json:"tls_required"`
			ClientAuth bool   `json:"client_auth_required"`
			Address    string `json:"address"`
		}
		if err := json.Unmarshal(c.Encode(), &peer); err != nil || peer.TLS != c.TLSRequired || peer.Address != c.Address || peer.ClientAuth != c.ClientAuthRequired {
			t.Fatalf("the peer reads %+v of %+v: %v", peer, c, err)
		}
	})
}
