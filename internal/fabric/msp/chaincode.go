package msp

import (
	"net"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/cctls"
)

// EnsureChaincode makes in dir the certificates of a chaincode that is dialled at host, and what is
// missing of them: a CA of its own, a server's and a client's. What is there stays as it is, byte
// for byte, because the chaincode's package holds some of it, and so does its ID.
func EnsureChaincode(dir, host string) error {
	f := &files{}
	name := "tls." + host
	ca, err := f.authority(dir, name, org{domain: name, dir: dir})
	if err != nil {
		return err
	}
	dns, ips := []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if net.ParseIP(host) == nil {
		dns = []string{host, "localhost"}
	}
	for _, leaf := range []struct {
		cert, key string
		who       subject
	}{
		{cctls.CertFile, cctls.KeyFile, subject{name: host, ou: "chaincode", tls: true, dns: dns, ips: ips}},
		{cctls.ClientCertFile, cctls.ClientKeyFile, subject{name: "client", ou: ouClient, tls: true}},
	} {
		if err := f.leaf(ca, filepath.Join(dir, leaf.cert), filepath.Join(dir, leaf.key), leaf.who); err != nil {
			return err
		}
	}
	return cctls.KeepBase64(dir)
}
