package ccpackage

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

// check is one thing that has to hold of some values of a connection.
type check struct {
	values []string
	run    func() error
}

// Validate checks every value the peer will use, so that what would fail at the chaincode's
// first launch fails now. The error is a fault of the kind Usage that names the field.
func (c Connection) Validate() error {
	for _, one := range c.checks() {
		if err := one.run(); err != nil {
			return err
		}
	}
	return nil
}

// validateFixed is Validate without the values that are still to be expanded on the peer.
func (c Connection) validateFixed() error {
	for _, one := range c.checks() {
		if strings.Contains(strings.Join(one.values, ""), "{{") {
			continue
		}
		if err := one.run(); err != nil {
			return err
		}
	}
	return nil
}

func (c Connection) checks() []check {
	checks := []check{
		{[]string{c.Address}, func() error { return checkAddress(c.Address) }},
		{[]string{c.DialTimeout}, func() error { return checkDialTimeout(c.DialTimeout) }},
	}
	if !c.TLSRequired {
		return checks
	}
	checks = append(checks, check{[]string{c.RootCert},
		func() error { return checkCertificate("root_cert", "tls_required", c.RootCert) }})
	if !c.ClientAuthRequired {
		return checks
	}
	return append(checks, check{[]string{c.ClientCert, c.ClientKey},
		func() error { return checkKeyPair(c.ClientCert, c.ClientKey) }})
}

func checkAddress(address string) error {
	if address == "" {
		return badField("address", "is missing", "give the host:port at which the peer reaches the chaincode")
	}
	if err := ValidateAddress(address); err != nil {
		f := fault.From(err)
		return fault.New(f.Kind, f.Fix, "address in %s: %w", ConnectionFile, err)
	}
	return nil
}

func checkDialTimeout(timeout string) error {
	const fix = "write a time with its unit, such as 10s, 500ms or 1m"
	duration, err := time.ParseDuration(timeout)
	if err != nil {
		return fault.New(fault.Usage, fix, "dial_timeout in %s is %q, which is no time", ConnectionFile, timeout)
	}
	if duration < 0 {
		return fault.New(fault.Usage, fix, "dial_timeout in %s is %s, which is negative", ConnectionFile, duration)
	}
	return nil
}

const pemFix = `put the PEM text itself there, from -----BEGIN to the end, with its line breaks as \n: file names are not followed`

// checkCertificate applies the peer's rule: one certificate it can read is enough
// (internal/pkg/comm/config.go, SecureOptions.TLSConfig). The value is never quoted: somebody
// may have put a key there.
func checkCertificate(field, because, text string) error {
	if text == "" {
		return badField(field, "is missing, and "+because+" is true", pemFix)
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(text)) {
		return badField(field, "holds no certificate in PEM form", pemFix)
	}
	return nil
}

func checkKeyPair(cert, key string) error {
	if key == "" {
		return badField("client_key", "is missing, and client_auth_required is true", pemFix)
	}
	if err := checkCertificate("client_cert", "client_auth_required", cert); err != nil {
		return err
	}
	if !strings.Contains(key, "-----BEGIN ") {
		return badField("client_key", "holds no key in PEM form", pemFix)
	}
	if _, err := tls.X509KeyPair([]byte(cert), []byte(key)); err != nil {
		return fault.New(fault.Usage, "give the certificate and the key that were made for each other",
			"client_key in %s is no key of client_cert: %w", ConnectionFile, err)
	}
	return nil
}
