package cctls

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

const (
	listensWithout = "give the server TLSProps from CHAINCODE_TLS_KEY, CHAINCODE_TLS_CERT and, if set, CHAINCODE_CLIENT_CA_CERT;\n" +
		"or set tls: off in ccdev.yaml, then run \"ccdev up\""
	listensWith = "let it listen without TLS where CHAINCODE_TLS_DISABLED is true;\n" +
		"or set tls: server in ccdev.yaml, then run \"ccdev up\""
	otherCertificate = "give the server the certificate and key from CHAINCODE_TLS_CERT and CHAINCODE_TLS_KEY;\n" +
		"or name its own, and who signed it, in ccdev.yaml, tls: {mode, cert, key, ca}"
	asksForCertificate = "give the server a client CA only where CHAINCODE_CLIENT_CA_CERT is set;\n" +
		"or set tls: mutual in ccdev.yaml, then run \"ccdev up\""
	otherClientCA = "let the server verify its clients with the CA in CHAINCODE_CLIENT_CA_CERT"
	dialsWithout  = "let it dial with TLS where CORE_PEER_TLS_ENABLED is true, as Fabric's shims do;\n" +
		"or set tls: off in ccdev.yaml, then run \"ccdev up\""
	dialsWith = "let it dial without TLS where CORE_PEER_TLS_ENABLED is false, as Fabric's shims do;\n" +
		"or set tls: server in ccdev.yaml, then run \"ccdev up\""
	dialsOtherwise = "let it dial with the files in CORE_TLS_CLIENT_CERT_FILE, CORE_TLS_CLIENT_KEY_FILE and\n" +
		"CORE_PEER_TLS_ROOTCERT_FILE, as Fabric's shims do"
)

// whyNotHeard says why a connection to a chaincode that listens came to nothing; nil when that
// cannot be told, and it may just not be ready.
func (t *TLS) whyNotHeard(addr string, err error) error {
	if t == nil {
		if speaksTLS(addr) {
			return fault.New(fault.Chaincode, listensWith, "it listens with TLS, which is off in ccdev.yaml (tls)")
		}
		return nil
	}
	var (
		plain tls.RecordHeaderError
		other *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &plain):
		return fault.New(fault.Chaincode, listensWithout, "it listens without TLS, and ccdev.yaml says tls: %s", t.mode)
	case errors.As(err, &other):
		return fault.New(fault.Chaincode, otherCertificate, "it shows a certificate that no peer would take: %w", other.Err)
	case refused(err) && t.mode == project.TLSServer:
		return fault.New(fault.Chaincode, asksForCertificate, "it asks for a client certificate (%w), and ccdev.yaml says tls: server", err)
	case refused(err):
		return fault.New(fault.Chaincode, otherClientCA, "it does not take the client certificate that peers will show: %w", err)
	}
	return nil
}

// whyNotLetIn says why somebody who dials could not get on; nil when they have just gone.
func (t *TLS) whyNotLetIn(err error) error {
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &plain):
		return fault.New(fault.Chaincode, dialsWithout, "it dials without TLS, and ccdev.yaml says tls: %s", t.mode)
	case gone(err):
		return nil
	}
	return fault.New(fault.Chaincode, dialsOtherwise, "it dials with TLS, and the handshake fails: %w", err)
}

// refused tells whether the other side has said in TLS that it does not go on (crypto/tls makes
// such an error of every alert that comes).
func refused(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// gone tells whether the other side has ended the connection, or nothing came of it in time.
func gone(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &network) && !refused(err)
}

// speakLimit bounds a handshake on this machine with somebody who may not speak TLS.
const speakLimit = 2 * time.Second

// speaksTLS tries whether whoever listens at addr speaks TLS.
func speaksTLS(addr string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), speakLimit)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"},
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent: who it is does not matter
	}}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return refused(err)
	}
	_ = conn.Close() // nothing was said on it
	return true
}
