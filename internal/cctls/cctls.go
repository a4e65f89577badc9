// Package cctls is TLS between a chaincode and those who dial it: the files, what each side makes
// of them, and what it means when they do not get on.
package cctls

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// The files in the TLS folder of a chaincode, PEM but for the last two.
const (
	CAFile         = "ca.pem"     // who signed the certificates
	CertFile       = "server.crt" // of the chaincode, and of the relay that stands for it
	KeyFile        = "server.key"
	ClientCertFile = "client.crt" // of whoever dials the chaincode
	ClientKeyFile  = "client.key"
	// Fabric's peers give chaincodes their client certificate in this form too, and some shims
	// read no other.
	clientCertBase64 = "client.crt.base64"
	clientKeyBase64  = "client.key.base64"
)

// ChaincodeFiles are the files that a chaincode needs which listens.
func ChaincodeFiles() []string { return []string{CAFile, CertFile, KeyFile} }

// RelayFiles are the files that a relay needs.
func RelayFiles() []string {
	return append(ChaincodeFiles(), ClientCertFile, ClientKeyFile, clientCertBase64, clientKeyBase64)
}

// Setup is the TLS of one chaincode. The zero value is none.
type Setup struct {
	Mode string // project.TLSServer or project.TLSMutual
	Dir  string // with the files, as it is seen where they are used
	Name string // the host in the chaincode's package, which its certificate is to be for
}

// On tells whether there is TLS at all.
func (s Setup) On() bool { return s.Mode != "" }

// Variables are what every kind of chaincode reads its TLS from, all at once. One that listens
// verifies clients as soon as it is given a CA for it; one that dials needs the CA always, and
// Fabric's shims insist on a certificate as well.
func (s Setup) Variables(listens bool) map[string]string {
	if !s.On() {
		return nil
	}
	file := func(name string) string { return filepath.Join(s.Dir, name) }
	env := map[string]string{
		"CORE_PEER_TLS_ENABLED": "true", "CHAINCODE_TLS_DISABLED": "false",
		"CHAINCODE_TLS_CERT": file(CertFile), "CHAINCODE_TLS_KEY": file(KeyFile),
		"CORE_CHAINCODE_TLS_CERT_FILE": file(CertFile), "CORE_CHAINCODE_TLS_KEY_FILE": file(KeyFile),
		"CORE_TLS_CLIENT_CERT_FILE": file(CertFile), "CORE_TLS_CLIENT_KEY_FILE": file(KeyFile),
	}
	if !listens {
		env["CORE_TLS_CLIENT_CERT_FILE"], env["CORE_TLS_CLIENT_KEY_FILE"] = file(ClientCertFile), file(ClientKeyFile)
		env["CORE_TLS_CLIENT_CERT_PATH"], env["CORE_TLS_CLIENT_KEY_PATH"] = file(clientCertBase64), file(clientKeyBase64)
	}
	if !listens || s.Mode == project.TLSMutual {
		for _, name := range []string{"CORE_PEER_TLS_ROOTCERT_FILE", "CHAINCODE_CLIENT_CA_CERT", "CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE"} {
			env[name] = file(CAFile)
		}
	}
	return env
}

// TLS is what both sides of a chaincode's streams work with. A nil one is none.
type TLS struct {
	mode           string
	server, client *tls.Config
}

// Load reads the files; nil where there is no TLS.
func (s Setup) Load() (*TLS, error) {
	if !s.On() {
		return nil, nil
	}
	pair, err := s.pair(CertFile, KeyFile)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, CAFile))
	if err != nil {
		return nil, notWhole(err)
	}
	ca := x509.NewCertPool()
	if !ca.AppendCertsFromPEM(text) {
		return nil, notWhole(fmt.Errorf("%s holds no certificate", filepath.Join(s.Dir, CAFile)))
	}
	t := &TLS{
		mode:   s.Mode,
		server: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}},
		client: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: ca, ServerName: s.Name},
	}
	if s.Mode != project.TLSMutual {
		return t, nil
	}
	t.server.ClientAuth, t.server.ClientCAs = tls.RequireAndVerifyClientCert, ca
	if pair, err = s.pair(ClientCertFile, ClientKeyFile); err != nil {
		return nil, err
	}
	t.client.Certificates = []tls.Certificate{pair}
	return t, nil
}

// Authority is whom somebody speaks with who dials the chaincode at addr: the host that its
// certificate has to be for, wherever it listens.
func (t *TLS) Authority(addr string) string {
	if t == nil {
		return addr
	}
	return cmp.Or(t.client.ServerName, addr)
}

func (s Setup) pair(cert, key string) (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(s.Dir, cert), filepath.Join(s.Dir, key))
	if err != nil {
		return pair, notWhole(err)
	}
	return pair, nil
}

func notWhole(err error) error {
	return fault.New(fault.Boot, `run "ccdev up", which makes what is missing`, "the chaincode's certificates are not whole: %w", err)
}
