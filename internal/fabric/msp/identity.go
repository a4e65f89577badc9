package msp

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	admin "github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	gateway "github.com/hyperledger/fabric-gateway/pkg/identity"
)

// Identity is a user who can sign. It is a SigningIdentity of fabric-admin-sdk and an Identity of
// fabric-gateway. The two sign differently: Sign takes a message, and SignDigest, which is a
// fabric-gateway identity.Sign, takes the SHA-256 digest of one.
type Identity struct {
	admin.SigningIdentity
	Certificate *x509.Certificate
	digest      gateway.Sign
}

var (
	_ admin.SigningIdentity = (*Identity)(nil)
	_ gateway.Identity      = (*Identity)(nil)
)

// SignDigest signs a SHA-256 digest.
func (id *Identity) SignDigest(digest []byte) ([]byte, error) { return id.digest(digest) }

// LoadUser loads a user of an org, which is named by its name, MSP ID or domain; the orderer's
// org too. It fails with fault.Usage for an org or a user the network does not have.
func LoadUser(n network.Network, org, user string) (*Identity, error) {
	o, err := findOrg(n, org)
	if err != nil {
		return nil, err
	}
	if names := o.userNames(); !slices.Contains(names, user) {
		return nil, fault.New(fault.Usage, "use one of: "+strings.Join(names, ", "), "%s has no user %q", org, user)
	}
	dir := n.UserMSPDir(o.domain, user)
	cert, key, err := readPair(filepath.Join(dir, "signcerts", "cert.pem"), filepath.Join(dir, "keystore", "key.pem"))
	if err == nil && (cert == nil || key == nil) {
		err = fmt.Errorf("%s lacks its certificate or key", dir)
	}
	if err != nil {
		return nil, notMade(err)
	}
	signing, err := admin.NewPrivateKeySigningIdentity(o.mspID, cert, key)
	if err != nil {
		return nil, err
	}
	digest, err := gateway.NewPrivateKeySign(key)
	if err != nil {
		return nil, err
	}
	return &Identity{SigningIdentity: signing, Certificate: cert, digest: digest}, nil
}

// AdminTLS is the client certificate that the orderer's admin API asks for.
func AdminTLS(n network.Network) (tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(adminTLSFiles(n))
	if err != nil {
		return tls.Certificate{}, notMade(err)
	}
	return cert, nil
}

// TLSRoots are the roots that the TLS certificates of the org with this domain chain up to.
func TLSRoots(n network.Network, domain string) (*x509.CertPool, error) {
	cert, err := readCertificate(n.TLSCAFile(domain))
	if err == nil && cert == nil {
		err = fmt.Errorf("%s is missing", n.TLSCAFile(domain))
	}
	if err != nil {
		return nil, notMade(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool, nil
}

func notMade(err error) error {
	return fault.New(fault.Boot, `run "ccdev up", which makes what is missing`,
		"the network's identities are not whole: %w", err)
}

func findOrg(n network.Network, name string) (org, error) {
	all := orgs(n)
	known := make([]string, len(all))
	for i, o := range all {
		if slices.Contains(o.names, name) {
			return o, nil
		}
		known[i] = o.names[0]
	}
	return org{}, fault.New(fault.Usage, "use one of: "+strings.Join(known, ", "), "the network has no org %q", name)
}

func (o org) userNames() []string {
	names := make([]string, len(o.users))
	for i, u := range o.users {
		names[i] = u.Name
	}
	return names
}
