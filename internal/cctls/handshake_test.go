package cctls_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const patience = 20 * time.Second

// loaded is what a chaincode's TLS comes to on the side of those who dial it; nil for off.
func loaded(t *testing.T, s *signer, mode string) *cctls.TLS {
	t.Helper()
	if mode == project.TLSOff {
		return nil
	}
	dir := filepath.Join(t.TempDir(), "kept")
	if err := cctls.Keep(given(t, s, mode, forServer), host, dir); err != nil {
		t.Fatal(err)
	}
	l, err := cctls.Setup{Mode: mode, Dir: dir, Name: host}.Load()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// own is the credentials of a server that has made its own; those of nil have no TLS.
type own struct {
	signer      *signer
	certificate certificate
	clients     *signer // signs those that it lets in; nil for everybody
	version     uint16
}

func (o *own) credentials(t *testing.T) credentials.TransportCredentials {
	t.Helper()
	if o == nil {
		return insecure.NewCredentials()
	}
	cert, err := tls.X509KeyPair(o.signer.sign(t, o.certificate))
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, MaxVersion: o.version}
	if o.clients != nil {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AddCert(o.clients.cert)
	}
	return credentials.NewTLS(config)
}

// serve runs a gRPC server that knows no method.
func serve(t *testing.T, creds credentials.TransportCredentials) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.Creds(creds))
	go func() { _ = s.Serve(l) }() // it ends with Stop
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// call tries to call a server until it has answered, or why says that it never will.
func call(t *testing.T, addr string, creds credentials.TransportCredentials, why context.Context) error {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(creds),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}, MinConnectTimeout: patience}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the answer is there
	stream, err := peer.NewChaincodeClient(conn).Connect(why, grpc.WaitForReady(true))
	if err == nil {
		_, err = stream.Recv()
	}
	return err
}

func TestWhoDialsIsToldWhy(t *testing.T) {
	s, stranger := newSigner(t), newSigner(t)
	expired, elsewhere := forServer, forServer
	expired.end, elsewhere.dns = -time.Hour, []string{"other.example.com"}
	for name, tc := range map[string]struct {
		mode   string
		server *own
		says   string // "" where they get on
		fix    string
	}{
		"no TLS":                   {mode: "off"},
		"server":                   {mode: "server", server: &own{signer: s, certificate: forServer}},
		"mutual":                   {mode: "mutual", server: &own{signer: s, certificate: forServer, clients: s}},
		"mutual, TLS 1.2":          {mode: "mutual", server: &own{signer: s, certificate: forServer, clients: s, version: tls.VersionTLS12}},
		"mutual, and it asks none": {mode: "mutual", server: &own{signer: s, certificate: forServer}},
		"it has no TLS":            {mode: "server", says: "it listens without TLS, and ccdev.yaml says tls: server", fix: "CHAINCODE_TLS_KEY"},
		"it has no mutual TLS":     {mode: "mutual", says: "it listens without TLS, and ccdev.yaml says tls: mutual", fix: "tls: off"},
		"it has TLS":               {mode: "off", server: &own{signer: s, certificate: forServer}, says: "it listens with TLS, which is off in ccdev.yaml (tls)", fix: "tls: server"},
		"it has mutual TLS":        {mode: "off", server: &own{signer: s, certificate: forServer, clients: s}, says: "it listens with TLS"},
		"it has mutual TLS 1.2": {mode: "off", server: &own{signer: s, certificate: forServer, clients: s, version: tls.VersionTLS12},
			says: "it listens with TLS"},
		"another CA":    {mode: "server", server: &own{signer: stranger, certificate: forServer}, says: "no peer would take: x509: certificate signed by unknown", fix: "CHAINCODE_TLS_CERT"},
		"another name":  {mode: "server", server: &own{signer: s, certificate: elsewhere}, says: "no peer would take: x509: certificate is valid for other", fix: "CHAINCODE_TLS_CERT"},
		"expired":       {mode: "server", server: &own{signer: s, certificate: expired}, says: "expired", fix: "CHAINCODE_TLS_CERT"},
		"it asks":       {mode: "server", server: &own{signer: s, certificate: forServer, clients: s}, says: "asks for a client certificate", fix: "tls: mutual"},
		"it asks, 1.2":  {mode: "server", server: &own{signer: s, certificate: forServer, clients: s, version: tls.VersionTLS12}, says: "asks for a client certificate"},
		"it asks other": {mode: "mutual", server: &own{signer: s, certificate: forServer, clients: stranger}, says: "does not take the client certificate", fix: "CHAINCODE_CLIENT_CA_CERT"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, tc.server.credentials(t))
			bounded, end := context.WithTimeout(t.Context(), patience)
			defer end()
			ctx, cancel := context.WithCancelCause(bounded)
			defer cancel(nil)
			err := call(t, addr, loaded(t, s, tc.mode).Client(addr, cancel), ctx)
			if tc.says == "" {
				if status.Code(err) != codes.Unimplemented || ctx.Err() != nil {
					t.Errorf("they do not get on: %v, %v", err, context.Cause(ctx))
				}
				return
			}
			f := fault.From(context.Cause(ctx))
			if f == nil || f.Kind != fault.Chaincode || !strings.Contains(f.What, tc.says) || !strings.Contains(f.Fix, tc.fix) {
				t.Errorf("%#v, want %q and %q", f, tc.says, tc.fix)
			}
		})
	}
}

// A chaincode that is about to come up, or to end, is given the time.
func TestWhatIsNoWordOnTLS(t *testing.T) {
	s := newSigner(t)
	for _, mode := range []string{project.TLSOff, project.TLSServer, project.TLSMutual} {
		t.Run(mode, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan struct{})
			go func() {
				defer close(served)
				for i := 0; ; i++ {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_ = conn.Close()
					if i == 3 {
						cancel()
					}
				}
			}()
			_ = call(t, l.Addr().String(), loaded(t, s, mode).Client(l.Addr().String(), func(why error) { t.Error(why) }), ctx)
			_ = l.Close()
			<-served
		})
	}
}

func TestWhoIsDialledIsToldWhy(t *testing.T) {
	s, stranger := newSigner(t), newSigner(t)
	for name, tc := range map[string]struct {
		mode   string
		client credentials.TransportCredentials
		says   string // "" where they get on
	}{
		"server":            {mode: "server", client: trusting(s, nil)},
		"mutual":            {mode: "mutual", client: trusting(s, showing(t, s))},
		"without TLS":       {mode: "server", client: insecure.NewCredentials(), says: "it dials without TLS, and ccdev.yaml says tls: server"},
		"no certificate":    {mode: "mutual", client: trusting(s, nil), says: "the handshake fails: tls: client didn't provide a certificate"},
		"another's":         {mode: "mutual", client: trusting(s, showing(t, stranger)), says: "the handshake fails"},
		"it does not trust": {mode: "server", client: trusting(stranger, nil), says: "the handshake fails: remote error"},
	} {
		t.Run(name, func(t *testing.T) {
			bounded, end := context.WithTimeout(t.Context(), patience)
			defer end()
			ctx, cancel := context.WithCancelCause(bounded)
			defer cancel(nil)
			addr := serve(t, loaded(t, s, tc.mode).Server(func(local net.Addr, why error) {
				if local.Network() != "tcp" {
					t.Errorf("they dialled %v", local)
				}
				cancel(why)
			}))
			err := call(t, addr, tc.client, ctx)
			if tc.says == "" {
				if status.Code(err) != codes.Unimplemented || ctx.Err() != nil {
					t.Errorf("they do not get on: %v, %v", err, context.Cause(ctx))
				}
				return
			}
			if f := fault.From(context.Cause(ctx)); f == nil || f.Kind != fault.Chaincode || f.Fix == "" || !strings.Contains(f.What, tc.says) {
				t.Errorf("%#v, want %q", f, tc.says)
			}
		})
	}
}

// Who cannot get on learns of it last, so that their end does not come before what is to be known of it.
func TestTheConnectionIsOpenUntilWhyIsTold(t *testing.T) {
	told, end := make(chan struct{}), make(chan struct{})
	addr := serve(t, loaded(t, newSigner(t), "server").Server(func(net.Addr, error) {
		close(told)
		<-end
	}))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // nothing is to come of it
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	<-told
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // an end would be there by now
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("before it is told: %v", err)
	}
	close(end)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("then: %v", err)
	}
}

func trusting(s *signer, show []tls.Certificate) credentials.TransportCredentials {
	roots := x509.NewCertPool()
	roots.AddCert(s.cert)
	return credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: show, ServerName: host, MinVersion: tls.VersionTLS12})
}

func showing(t *testing.T, s *signer) []tls.Certificate {
	t.Helper()
	cert, err := tls.X509KeyPair(s.sign(t, forClient))
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{cert}
}

func TestSomebodyWhoJustGoes(t *testing.T) {
	addr := serve(t, loaded(t, newSigner(t), "mutual").Server(func(_ net.Addr, why error) { t.Error(why) }))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestVariables(t *testing.T) {
	dir := filepath.FromSlash("/tls")
	at := func(name string) string { return filepath.Join(dir, name) }
	cas := []string{"CORE_PEER_TLS_ROOTCERT_FILE", "CHAINCODE_CLIENT_CA_CERT", "CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE"}
	for _, tc := range []struct {
		mode      string
		listens   bool
		key       string // that the shim and contractapi read
		withoutCA bool
	}{
		{mode: "server", listens: true, key: "server.key", withoutCA: true}, // a CA would mean that clients are verified
		{mode: "mutual", listens: true, key: "server.key"},
		{mode: "server", key: "client.key"},
		{mode: "mutual", key: "client.key"},
	} {
		env := cctls.Setup{Mode: tc.mode, Dir: dir, Name: host}.Variables(tc.listens)
		if env["CORE_PEER_TLS_ENABLED"] != "true" || env["CHAINCODE_TLS_DISABLED"] != "false" ||
			env["CORE_TLS_CLIENT_KEY_FILE"] != at(tc.key) || env["CHAINCODE_TLS_KEY"] != at("server.key") ||
			env["CORE_CHAINCODE_TLS_KEY_FILE"] != at("server.key") {
			t.Errorf("%+v: %v", tc, env)
		}
		for _, name := range cas {
			if file, set := env[name]; set == tc.withoutCA || set && file != at("ca.pem") {
				t.Errorf("%+v: %s=%s", tc, name, file)
			}
		}
	}
	if env := (cctls.Setup{}).Variables(true); len(env) > 0 {
		t.Errorf("without TLS: %v", env)
	}
}
