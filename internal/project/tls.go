package project

import (
	"errors"
	"fmt"
	"path/filepath"
)

// The modes of a chaincode's TLS.
const (
	TLSOff    = "off"
	TLSServer = "server" // who listens shows a certificate
	TLSMutual = "mutual" // who dials shows one too
)

// TLS says how a chaincode, its relay and the peers prove to each other who they are. ccdev makes
// the certificates, unless files are named: PEM, absolute once loaded.
type TLS struct {
	Mode       string `yaml:"mode"`
	Cert       string `yaml:"cert"` // of the chaincode
	Key        string `yaml:"key"`
	CA         string `yaml:"ca"`         // who signed Cert, and ClientCert
	ClientCert string `yaml:"clientCert"` // of who dials the chaincode
	ClientKey  string `yaml:"clientKey"`
}

// On tells whether there is TLS at all.
func (t TLS) On() bool { return t.Mode != "" && t.Mode != TLSOff }

// Given tells whether the certificates are the user's own.
func (t TLS) Given() bool {
	t.Mode = ""
	return t != TLS{}
}

// UnmarshalYAML takes a word (off, server, mutual) or the whole mapping.
func (t *TLS) UnmarshalYAML(unmarshal func(any) error) error {
	var word string
	if unmarshal(&word) == nil {
		t.Mode = word
		return nil
	}
	type plain TLS
	return unmarshal((*plain)(t))
}

// in gives the files as they are found from dir.
func (t TLS) in(dir string) TLS {
	for _, file := range []*string{&t.Cert, &t.Key, &t.CA, &t.ClientCert, &t.ClientKey} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(dir, *file)
		}
	}
	return t
}

func tlsChecks(t TLS, path string) []check {
	checks := []check{{path + ".mode", oneOf("tls", t.Mode, TLSOff, TLSServer, TLSMutual)}}
	if !t.Given() {
		return checks
	}
	if !t.On() {
		return append(checks, check{path, errors.New("certificates are given, and TLS is off: set mode to server or mutual, or take them out")})
	}
	for _, needed := range []struct{ field, file string }{{"cert", t.Cert}, {"key", t.Key}, {"ca", t.CA}} {
		if needed.file == "" {
			checks = append(checks, check{path, fmt.Errorf("own certificates need cert, key and ca, and %s is missing", needed.field)})
		}
	}
	if (t.ClientCert == "") != (t.ClientKey == "") || t.Mode == TLSMutual && t.ClientCert == "" {
		checks = append(checks, check{path, errors.New("whoever dials the chaincode shows a certificate, too: give clientCert and clientKey")})
	}
	return checks
}
