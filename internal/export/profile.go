package export

import (
	"github.com/ccdev/ccdev/internal/network"
)

// Profile is a connection profile as the SDKs before the gateway read it, and tools for operators
// still do. Its Admin's certificate and key are files.
type Profile struct {
	Name          string                    `json:"name"`
	Version       string                    `json:"version"`
	Client        profileClient             `json:"client"`
	Channels      map[string]profileChannel `json:"channels"`
	Organizations map[string]profileOrg     `json:"organizations"`
	Orderers      map[string]profileNode    `json:"orderers"`
	Peers         map[string]profileNode    `json:"peers"`
}

type profileClient struct {
	Organization string `json:"organization"`
}

type profileChannel struct {
	Orderers []string                       `json:"orderers"`
	Peers    map[string]profileChannelRoles `json:"peers"`
}

type profileChannelRoles struct {
	EndorsingPeer  bool `json:"endorsingPeer"`
	ChaincodeQuery bool `json:"chaincodeQuery"`
	LedgerQuery    bool `json:"ledgerQuery"`
	EventSource    bool `json:"eventSource"`
}

type profileOrg struct {
	MSPID           string      `json:"mspid"`
	Peers           []string    `json:"peers"`
	AdminPrivateKey profileFile `json:"adminPrivateKey"`
	SignedCert      profileFile `json:"signedCert"`
}

type profileFile struct {
	Path string `json:"path"`
}

type profileNode struct {
	URL         string         `json:"url"`
	TLSCACerts  profilePEM     `json:"tlsCACerts"`
	GRPCOptions profileOptions `json:"grpcOptions"`
}

type profilePEM struct {
	PEM string `json:"pem"`
}

// profileOptions name the node, under the names that the SDKs for Node and for Java and Go read.
type profileOptions struct {
	Target   string `json:"ssl-target-name-override"`
	Hostname string `json:"hostnameOverride"`
}

// ProfileOf is the connection profile of the network for clients of an org.
func ProfileOf(n network.Network, client network.Org) (Profile, error) {
	p := Profile{
		Name: n.Name, Version: "1.0.0", Client: profileClient{Organization: client.Name},
		Organizations: map[string]profileOrg{}, Orderers: map[string]profileNode{}, Peers: map[string]profileNode{},
	}
	ca, err := readCA(n, n.Orderer.Domain)
	if err != nil {
		return p, err
	}
	p.Orderers[n.Orderer.Name] = profileNodeOf(n.Orderer.Node, ca)
	channel := profileChannel{Orderers: []string{n.Orderer.Name}, Peers: map[string]profileChannelRoles{}}
	for _, o := range n.Orgs {
		if ca, err = readCA(n, o.Domain); err != nil {
			return p, err
		}
		admin, err := identityOf(n, o, network.AdminUser, "")
		if err != nil {
			return p, err
		}
		org := profileOrg{MSPID: o.MSPID, AdminPrivateKey: profileFile{admin.KeyPath}, SignedCert: profileFile{admin.CertPath}}
		for _, peer := range o.Peers {
			org.Peers = append(org.Peers, peer.Name)
			p.Peers[peer.Name] = profileNodeOf(peer.Node, ca)
			channel.Peers[peer.Name] = profileChannelRoles{true, true, true, true}
		}
		p.Organizations[o.Name] = org
	}
	p.Channels = map[string]profileChannel{n.Channel: channel}
	return p, nil
}

func profileNodeOf(node network.Node, ca string) profileNode {
	return profileNode{
		URL: "grpcs://" + node.Endpoint.Host, TLSCACerts: profilePEM{ca},
		GRPCOptions: profileOptions{Target: node.Name, Hostname: node.Name},
	}
}
