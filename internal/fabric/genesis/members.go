package genesis

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/hyperledger/fabric-config/configtx"
	"github.com/hyperledger/fabric-config/configtx/membership"
	"github.com/hyperledger/fabric-config/configtx/orderer"
)

// readMSP reads the verifying MSP of an org.
func readMSP(n network.Network, mspID, domain string) (configtx.MSP, error) {
	ca, err := readCertificate(filepath.Join(n.MSPDir(domain), "cacerts", "ca.pem"))
	if err != nil {
		return configtx.MSP{}, err
	}
	tlsCA, err := readCertificate(n.TLSCAFile(domain))
	if err != nil {
		return configtx.MSP{}, err
	}
	ou := func(role string) membership.OUIdentifier {
		return membership.OUIdentifier{Certificate: ca, OrganizationalUnitIdentifier: role}
	}
	return configtx.MSP{
		Name:         mspID,
		RootCerts:    []*x509.Certificate{ca},
		TLSRootCerts: []*x509.Certificate{tlsCA},
		CryptoConfig: membership.CryptoConfig{SignatureHashFamily: "SHA2", IdentityIdentifierHashFunction: "SHA256"},
		NodeOUs: membership.NodeOUs{
			Enable:             true,
			ClientOUIdentifier: ou("client"), PeerOUIdentifier: ou("peer"),
			AdminOUIdentifier: ou("admin"), OrdererOUIdentifier: ou("orderer"),
		},
	}, nil
}

// consenter is the orderer as its peers in ordering would know it: by address and TLS certificate.
func consenter(n network.Network) (orderer.Consenter, error) {
	cert, err := readCertificate(filepath.Join(n.NodeDir(n.Orderer.Node), "tls", "server.crt"))
	if err != nil {
		return orderer.Consenter{}, err
	}
	host, port, err := splitAddress(n.Orderer.Endpoint.Inside)
	return orderer.Consenter{
		Address:       orderer.EtcdAddress{Host: host, Port: int(port)},
		ClientTLSCert: cert, ServerTLSCert: cert,
	}, err
}

func splitAddress(address string) (host string, port int32, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return "", 0, fmt.Errorf("address %q: %w", address, err)
	}
	return host, int32(number), nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return cert, nil
}
