// Package export writes what takes a network or its chaincode elsewhere.
package export

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
)

// Gateway is what a client of Fabric's gateway connects with, whatever language it is written in.
type Gateway struct {
	Channel       string       `json:"channel"`
	Chaincodes    []string     `json:"chaincodes"`
	Organizations []GatewayOrg `json:"organizations"`
}

// GatewayOrg is an org that a client may act for.
type GatewayOrg struct {
	Name       string        `json:"name"`
	MSPID      string        `json:"mspId"`
	TLSCACert  string        `json:"tlsCACert"` // PEM of the CA behind the certificates of its peers
	Peers      []GatewayPeer `json:"peers"`
	Identities []Identity    `json:"identities"` // the Admin first
}

// GatewayPeer is a peer with a gateway.
type GatewayPeer struct {
	Name     string `json:"name"`     // its certificate is for this name, and for the endpoint's host
	Endpoint string `json:"endpoint"` // host:port
}

// Identity is a user of an org, whose certificate and key are PEM files.
type Identity struct {
	Name     string `json:"name"`
	CertPath string `json:"certPath"`
	KeyPath  string `json:"keyPath"`
}

// GatewayOf is how this machine's clients connect to the network. The paths lead into copyOfState,
// where that is not empty, in place of the state folder.
func GatewayOf(n network.Network, copyOfState string) (Gateway, error) {
	g := Gateway{Channel: n.Channel, Chaincodes: []string{}}
	for _, cc := range n.Chaincodes {
		g.Chaincodes = append(g.Chaincodes, cc.Name)
	}
	for _, o := range n.Orgs {
		ca, err := readCA(n, o.Domain)
		if err != nil {
			return g, err
		}
		org := GatewayOrg{Name: o.Name, MSPID: o.MSPID, TLSCACert: ca}
		for _, p := range o.Peers {
			org.Peers = append(org.Peers, GatewayPeer{Name: p.Name, Endpoint: p.Endpoint.Host})
		}
		for _, user := range append([]network.User{{Name: network.AdminUser}}, o.Users...) {
			id, err := identityOf(n, o, user.Name, copyOfState)
			if err != nil {
				return g, err
			}
			org.Identities = append(org.Identities, id)
		}
		g.Organizations = append(g.Organizations, org)
	}
	return g, nil
}

func identityOf(n network.Network, o network.Org, user, copyOfState string) (Identity, error) {
	dir := n.UserMSPDir(o.Domain, user)
	if copyOfState != "" {
		inside, err := filepath.Rel(n.StateDir(), dir)
		if err != nil {
			return Identity{}, fmt.Errorf("the files of %s: %w", user, err)
		}
		dir = path.Join(copyOfState, filepath.ToSlash(inside))
	}
	return Identity{Name: user, CertPath: dir + "/signcerts/cert.pem", KeyPath: dir + "/keystore/key.pem"}, nil
}

func readCA(n network.Network, domain string) (string, error) {
	text, err := os.ReadFile(n.TLSCAFile(domain))
	if err != nil {
		return "", fault.New(fault.Boot, `run "ccdev up -d", which makes what is missing`, "the identities of the network are not whole: %w", err)
	}
	return string(text), nil
}
