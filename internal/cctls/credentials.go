package cctls

import (
	"context"
	"errors"
	"net"

	"github.com/ccdev/ccdev/internal/fault"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Client are the credentials of one who dials the chaincode at addr. failed is told when the two
// cannot get on, which no further try helps: a *fault.Fault that says why.
func (t *TLS) Client(addr string, failed func(error)) credentials.TransportCredentials {
	if t == nil {
		return &dialling{TransportCredentials: insecure.NewCredentials(), addr: addr, failed: failed}
	}
	return &dialling{TransportCredentials: credentials.NewTLS(t.client), tls: t, addr: addr, failed: failed}
}

// dialling are credentials that see what goes wrong at the beginning of a connection: gRPC tries
// again and again, and tells nobody why.
type dialling struct {
	credentials.TransportCredentials
	tls    *TLS
	addr   string
	failed func(error)
}

// ClientHandshake implements credentials.TransportCredentials.
func (d *dialling) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := d.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		d.explain(err)
		return conn, info, err
	}
	return &unheard{Conn: conn, silent: d.explain}, info, nil
}

// Clone implements credentials.TransportCredentials.
func (d *dialling) Clone() credentials.TransportCredentials {
	clone := *d
	clone.TransportCredentials = d.TransportCredentials.Clone()
	return &clone
}

func (d *dialling) explain(err error) {
	if f := d.tls.whyNotHeard(d.addr, err); f != nil {
		d.failed(f)
	}
}

// unheard is a connection that tells when it ends before anything was heard on it: a server that
// refuses a certificate does so after the handshake (RFC 8446, 4.4.2.4), and one that wants TLS
// just goes.
type unheard struct {
	net.Conn
	heard  bool
	silent func(error)
}

// Read implements net.Conn.
func (u *unheard) Read(b []byte) (int, error) {
	n, err := u.Conn.Read(b)
	if !u.heard {
		u.heard = true
		if n == 0 && err != nil && !errors.Is(err, net.ErrClosed) {
			u.silent(err)
		}
	}
	return n, err
}

// Server are the credentials of one who is dialled in the chaincode's place, or as if it were the
// peer. failed is told when somebody who dials cannot get on with it, and where they dialled. Until
// it returns the connection stays open, so that it knows more than they do.
func (t *TLS) Server(failed func(local net.Addr, err error)) credentials.TransportCredentials {
	if t == nil {
		return &dialledPlainly{TransportCredentials: insecure.NewCredentials(), failed: failed}
	}
	return &dialled{TransportCredentials: credentials.NewTLS(t.server), tls: t, failed: failed}
}

// dialled are credentials that tell what goes wrong with those who dial.
type dialled struct {
	credentials.TransportCredentials
	tls    *TLS
	failed func(net.Addr, error)
}

// ServerHandshake implements credentials.TransportCredentials.
func (d *dialled) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	held := &held{Conn: raw}
	conn, info, err := d.TransportCredentials.ServerHandshake(held)
	held.released = true
	if err != nil {
		if f := d.tls.whyNotLetIn(err); f != nil {
			d.failed(raw.LocalAddr(), f)
		}
		_ = raw.Close() // it is of no use
	}
	return conn, info, err
}

// held is a connection that nobody closes before it is released: gRPC's credentials close one whose
// handshake fails.
type held struct {
	net.Conn
	released bool
}

// Close implements net.Conn.
func (h *held) Close() error {
	if !h.released {
		return nil
	}
	return h.Conn.Close()
}

// Clone implements credentials.TransportCredentials.
func (d *dialled) Clone() credentials.TransportCredentials {
	clone := *d
	clone.TransportCredentials = d.TransportCredentials.Clone()
	return &clone
}

// dialledPlainly are credentials without TLS that tell of those who dial with it.
type dialledPlainly struct {
	credentials.TransportCredentials
	failed func(net.Addr, error)
}

// ServerHandshake implements credentials.TransportCredentials.
func (d *dialledPlainly) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := d.TransportCredentials.ServerHandshake(raw)
	return &expectant{Conn: conn, failed: d.failed}, info, err
}

// Clone implements credentials.TransportCredentials.
func (d *dialledPlainly) Clone() credentials.TransportCredentials {
	return &dialledPlainly{TransportCredentials: d.TransportCredentials.Clone(), failed: d.failed}
}

// recordHandshake is what a connection with TLS begins with (RFC 8446, 5.1), and no other one of gRPC's.
const recordHandshake = 22

// expectant is a connection that tells when it begins with TLS.
type expectant struct {
	net.Conn
	heard  bool
	failed func(net.Addr, error)
}

// Read implements net.Conn.
func (e *expectant) Read(b []byte) (int, error) {
	n, err := e.Conn.Read(b)
	if n > 0 && !e.heard {
		e.heard = true
		if b[0] == recordHandshake {
			e.failed(e.LocalAddr(), fault.New(fault.Chaincode, dialsWith, "it dials with TLS, which is off in ccdev.yaml (tls)"))
		}
	}
	return n, err
}
