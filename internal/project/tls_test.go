package project_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

func TestTLSForms(t *testing.T) {
	for text, want := range map[string]struct {
		tls       project.TLS
		on, given bool
	}{
		"":            {},
		"tls:":        {},
		"tls: off":    {tls: project.TLS{Mode: "off"}},
		"tls: server": {tls: project.TLS{Mode: "server"}, on: true},
		"tls: mutual": {tls: project.TLS{Mode: "mutual"}, on: true},
		"tls: {}":     {},
		`tls: {mode: server, cert: a.crt, key: certs/a.key, ca: /etc/ca.pem}`: {on: true, given: true,
			tls: project.TLS{Mode: "server", Cert: "DIR/a.crt", Key: "DIR/certs/a.key", CA: "/etc/ca.pem"}},
		`tls: {mode: mutual, cert: a, key: b, ca: c, clientCert: d, clientKey: e}`: {on: true, given: true,
			tls: project.TLS{Mode: "mutual", Cert: "DIR/a", Key: "DIR/b", CA: "DIR/c", ClientCert: "DIR/d", ClientKey: "DIR/e"}},
	} {
		t.Run(text, func(t *testing.T) {
			dir := folder(t, "assets", "chaincodes:\n  - name: basic\n    "+text+"\n")
			got := load(t, dir, project.Overrides{}).Chaincodes[0].TLS
			if got.On() != want.on || got.Given() != want.given {
				t.Errorf("on: %t, given: %t", got.On(), got.Given())
			}
			for _, file := range []*string{&want.tls.Cert, &want.tls.Key, &want.tls.CA, &want.tls.ClientCert, &want.tls.ClientKey} {
				*file = filepath.FromSlash(strings.Replace(*file, "DIR", dir, 1))
			}
			if got != want.tls {
				t.Errorf("%+v, want %+v", got, want.tls)
			}
		})
	}
}

func TestTLSFaults(t *testing.T) {
	for text, says := range map[string]string{
		"tls: yes":                                    `tls "yes" is not known: it is one of off, server, mutual`,
		"tls: true":                                   `it is one of off, server, mutual`,
		"tls: {mode: both}":                           `tls "both" is not known`,
		"tls: {mod: server}":                          `unknown field "mod"`,
		"tls: [server]":                               "NAME: VALUE is expected",
		"tls: {cert: a, key: b, ca: c}":               "TLS is off",
		"tls: {mode: server, cert: a, ca: c}":         "key is missing",
		"tls: {mode: server, key: a, ca: c}":          "cert is missing",
		"tls: {mode: server, key: a, cert: c}":        "ca is missing",
		"tls: {mode: mutual, cert: a, key: b, ca: c}": "give clientCert and clientKey",
		"tls: {mode: server, cert: a, key: b, ca: c, clientCert: d}": "give clientCert and clientKey",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := project.Load(folder(t, "assets", "chaincodes:\n  - name: basic\n    "+text+"\n"), project.Overrides{})
			f := fault.From(err)
			if f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, says) || !strings.Contains(f.What, ">  3 | ") {
				t.Errorf("%v, want %q and the line", err, says)
			}
		})
	}
}
