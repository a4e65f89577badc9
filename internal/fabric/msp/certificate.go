package msp

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"slices"
	"time"
)

const (
	// backdate lets a machine whose clock is behind (a VM woken from sleep) accept a new certificate.
	backdate = time.Hour
	validity = 10 * 365 * 24 * time.Hour
)

// subject is whom a certificate is for.
type subject struct {
	name       string
	ou         string
	tls        bool            // for TLS, not for signing transactions
	dns        []string        // a server's names
	ips        []net.IP        // a server's addresses
	attributes *pkix.Extension // what a chaincode reads of a user
}

// authorityTemplate is a CA's certificate. The serial number is left to x509, which takes a
// random one; the subject key ID it derives from the key.
func authorityTemplate(name, domain string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{domain}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(validity),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		SignatureAlgorithm:    x509.ECDSAWithSHA256,
	}
}

// template is the subject's certificate under a CA. It never outlives the CA: Fabric's MSP
// judges a chain as a whole.
func (s subject) template(ca *x509.Certificate, now time.Time) *x509.Certificate {
	end := now.Add(validity)
	if ca.NotAfter.Before(end) {
		end = ca.NotAfter
	}
	t := &x509.Certificate{
		Subject: pkix.Name{
			CommonName: s.name, OrganizationalUnit: []string{s.ou}, Organization: ca.Subject.Organization,
		},
		NotBefore:             now.Add(-backdate),
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		SignatureAlgorithm:    x509.ECDSAWithSHA256,
		DNSNames:              s.dns,
		IPAddresses:           s.ips,
	}
	if s.tls {
		// Nodes are each other's clients too.
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	if s.attributes != nil {
		t.ExtraExtensions = []pkix.Extension{*s.attributes}
	}
	return t
}

// says tells whether cert says of its subject what want says.
func says(cert, want *x509.Certificate) bool {
	return cert.Subject.String() == want.Subject.String() &&
		slices.Equal(cert.DNSNames, want.DNSNames) &&
		slices.EqualFunc(cert.IPAddresses, want.IPAddresses, net.IP.Equal) &&
		bytes.Equal(attributeBytes(cert.Extensions), attributeBytes(want.ExtraExtensions))
}
