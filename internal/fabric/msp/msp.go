// Package msp makes the identities of a network: CAs, nodes, users with attributes, TLS certificates.
package msp

import (
	"fmt"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/network"
)

// The roles Fabric tells apart by a certificate's organisational unit.
const (
	ouClient  = "client"
	ouPeer    = "peer"
	ouAdmin   = "admin"
	ouOrderer = "orderer"
)

// nodeOUs makes Fabric tell roles apart by organisational unit. The file it names lies in the
// same MSP folder.
const nodeOUs = `NodeOUs:
  Enable: true
  ClientOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: client
  PeerOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: peer
  AdminOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: admin
  OrdererOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: orderer
`

// org is what needs identities: a peer organisation, or the orderer's.
type org struct {
	names  []string // it goes by any of them
	mspID  string
	domain string
	dir    string // network.OrgDir
	msp    string // network.MSPDir
	nodeOU string
	nodes  []network.Node
	users  []network.User
}

// Ensure makes every identity of the network that is missing, and leaves the others as they are,
// byte for byte. It repairs what a kill left half made. A certificate that no longer says what
// the network says (a user's attributes changed) is issued anew for the same key. made tells
// whether anything was written.
//
// It fails rather than replace a CA: certificates and the channel itself depend on it.
func Ensure(n network.Network) (made bool, err error) {
	f := &files{}
	for _, o := range orgs(n) {
		if err := f.ensureOrg(n, o); err != nil {
			return f.written, fmt.Errorf("identities of %s: %w", o.domain, err)
		}
	}
	return f.written, nil
}

// orgs are the peer organisations, and then the orderer's.
func orgs(n network.Network) []org {
	var all []org
	for _, o := range n.Orgs {
		var nodes []network.Node
		for _, p := range o.Peers {
			nodes = append(nodes, p.Node)
		}
		all = append(all, org{
			names: []string{o.Name, o.MSPID, o.Domain}, mspID: o.MSPID, domain: o.Domain,
			dir: n.OrgDir(o.Domain), msp: n.MSPDir(o.Domain),
			nodeOU: ouPeer, nodes: nodes, users: users(o),
		})
	}
	return append(all, ordererOrg(n))
}

func ordererOrg(n network.Network) org {
	domain := n.Orderer.Domain
	return org{
		names: []string{n.Orderer.MSPID, domain}, mspID: n.Orderer.MSPID, domain: domain,
		dir: n.OrgDir(domain), msp: n.MSPDir(domain),
		nodeOU: ouOrderer, nodes: []network.Node{n.Orderer.Node}, users: users(network.Org{}),
	}
}

// users are all users of an org: Admin, and those it names.
func users(o network.Org) []network.User {
	return append([]network.User{{Name: network.AdminUser}}, o.Users...)
}

func (f *files) ensureOrg(n network.Network, o org) error {
	signing, err := f.authority(filepath.Join(o.dir, "ca"), "ca."+o.domain, o)
	if err != nil {
		return err
	}
	tls, err := f.authority(filepath.Join(o.dir, "tlsca"), "tlsca."+o.domain, o)
	if err != nil {
		return err
	}
	if err := f.verifyingMSP(o.msp, signing, tls); err != nil {
		return err
	}
	for _, u := range o.users {
		if err := f.user(n, o, u, signing, tls); err != nil {
			return fmt.Errorf("user %s: %w", u.Name, err)
		}
	}
	for _, node := range o.nodes {
		if err := f.node(n.NodeDir(node), node, o.nodeOU, signing, tls); err != nil {
			return fmt.Errorf("node %s: %w", node.Name, err)
		}
	}
	return nil
}

// verifyingMSP writes what everyone needs to recognise the identities of an org.
func (f *files) verifyingMSP(dir string, signing, tls *authority) error {
	return f.putAll(dir, map[string][]byte{
		"cacerts/ca.pem":    signing.pem,
		"tlscacerts/ca.pem": tls.pem,
		"config.yaml":       []byte(nodeOUs),
	})
}

// signingMSP writes an identity's certificate and key beside its org's verifying MSP.
func (f *files) signingMSP(dir string, signing, tls *authority, who subject) error {
	if err := f.verifyingMSP(dir, signing, tls); err != nil {
		return err
	}
	return f.leaf(signing, filepath.Join(dir, "signcerts", "cert.pem"), filepath.Join(dir, "keystore", "key.pem"), who)
}

func (f *files) user(n network.Network, o org, u network.User, signing, tls *authority) error {
	ou := ouClient
	if u.Name == network.AdminUser {
		ou = ouAdmin
	}
	attrs, err := attributeExtension(u, ou)
	if err != nil {
		return err
	}
	dir := n.UserMSPDir(o.domain, u.Name)
	if err := f.signingMSP(dir, signing, tls, subject{name: u.Name, ou: ou, attributes: attrs}); err != nil {
		return err
	}
	if o.nodeOU != ouOrderer {
		return nil
	}
	// The orderer's admin API knows its callers by their TLS certificates only.
	cert, key := adminTLSFiles(n)
	return f.leaf(tls, cert, key, subject{name: u.Name, ou: ou, tls: true})
}

func (f *files) node(dir string, node network.Node, ou string, signing, tls *authority) error {
	if err := f.signingMSP(filepath.Join(dir, "msp"), signing, tls, subject{name: node.Name, ou: ou}); err != nil {
		return err
	}
	tlsDir := filepath.Join(dir, "tls")
	if err := f.put(filepath.Join(tlsDir, "ca.crt"), tls.pem, certMode); err != nil {
		return err
	}
	dns, ips := node.TLSNames()
	return f.leaf(tls, filepath.Join(tlsDir, "server.crt"), filepath.Join(tlsDir, "server.key"),
		subject{name: node.Name, ou: ou, tls: true, dns: dns, ips: ips})
}

func adminTLSFiles(n network.Network) (cert, key string) {
	dir := filepath.Join(n.OrgDir(n.Orderer.Domain), "users", network.AdminUser, "tls")
	return filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key")
}
