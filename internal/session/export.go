package session

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/export"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// Org finds an org of the network by its name, MSP ID or domain; the first one for an empty name.
func (s *Session) Org(name string) (network.Org, error) {
	n, err := s.Network()
	if err != nil {
		return network.Org{}, err
	}
	return orgOrFirst(n, name)
}

func orgOrFirst(n network.Network, name string) (network.Org, error) {
	if name == "" {
		return n.Orgs[0], nil
	}
	return orgOf(n, name)
}

// Kubernetes completes what is wanted of a chaincode on a cluster: the chaincode (the first one for an
// empty name) as it is there, for an org (the first one likewise), with the package that names its
// Service. There need not be a network.
func (s *Session) Kubernetes(ctx context.Context, name, orgName string, k export.Kubernetes) (export.Kubernetes, error) {
	n, err := s.networkOrPlan(ctx)
	if err != nil {
		return k, err
	}
	cc, found := n.Chaincode(name)
	if !found {
		return k, noChaincode(name)
	}
	org, err := orgOrFirst(n, orgName)
	if err != nil {
		return k, err
	}
	if err := mayListen(n, cc); err != nil {
		return k, err
	}
	if err := export.CheckCluster(cc, k.Namespace, k.Replicas); err != nil {
		return k, err
	}
	cc.Endpoint.Inside = export.ClusterAddress(cc, k.Namespace)
	if cc.TLS.Dir, err = s.clusterTLS(n, cc); err != nil {
		return k, err
	}
	k.Channel, k.MSPID, k.Chaincode = n.Channel, org.MSPID, cc
	k.Package, k.PackageID, err = packageOf(cc, packageType)
	return k, err
}

// mayListen refuses a chaincode of which it is known that it cannot listen for a peer: by what the project
// says, or by its program, once there is one.
func mayListen(n network.Network, cc network.Chaincode) error {
	if cc.Mode == project.ModeClient {
		return fault.New(fault.Usage, "let it listen, and take mode: client out of "+project.FileName,
			"the chaincode %s dials its peer, and no peer of a cluster lets it", cc.Name)
	}
	generations, err := ranBefore(n)
	if g, ran := generations[cc.Name]; err == nil && ran && !cc.External() {
		err = listens(cc, g)
	}
	return err
}

// clusterTLS is the folder of the certificates of a chaincode at its address on a cluster: the user's
// own where they are good for it, or others than in the network, made once.
func (s *Session) clusterTLS(n network.Network, cc network.Chaincode) (dir string, err error) {
	if cc.TLS.Mode == "" {
		return "", nil
	}
	p, err := project.Load(s.dir, project.Overrides{})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(p.Chaincodes, func(has project.Chaincode) bool { return has.Name == cc.Name })
	if i >= 0 && p.Chaincodes[i].TLS.Given() {
		return cc.TLS.Dir, cctls.Check(p.Chaincodes[i].TLS, cc.Host())
	}
	dir = filepath.Join(n.ChaincodeDir(cc), "tls-"+cc.Host())
	return dir, msp.EnsureChaincode(dir, cc.Host())
}
