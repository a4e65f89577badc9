package session

import (
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// tlsOf is a chaincode's TLS as this machine sees it.
func tlsOf(cc network.Chaincode) cctls.Setup {
	return cctls.Setup{Mode: cc.TLS.Mode, Dir: cc.TLS.Dir, Name: cc.Host()}
}

// checkTLS finds out before anything is made whether the user's own certificates will do.
func checkTLS(n network.Network, p project.Project) error {
	return eachTLS(n, p, func(cc network.Chaincode, wanted project.TLS) error {
		if wanted.Given() {
			return cctls.Check(wanted, cc.Host())
		}
		return nil
	})
}

// ensureTLS puts the certificates of the chaincodes in place: the user's own, or made once.
func ensureTLS(n network.Network, p project.Project) error {
	return eachTLS(n, p, func(cc network.Chaincode, wanted project.TLS) error {
		if wanted.Given() {
			return cctls.Keep(wanted, cc.Host(), cc.TLS.Dir)
		}
		return msp.EnsureChaincode(cc.TLS.Dir, cc.Host())
	})
}

// secure puts the certificates in place, and completes the packages that hold them.
func secure(n network.Network, p project.Project) error {
	if err := ensureTLS(n, p); err != nil {
		return err
	}
	return define(n)
}

func eachTLS(n network.Network, p project.Project, do func(network.Chaincode, project.TLS) error) error {
	for _, wanted := range p.Chaincodes {
		cc, found := n.Chaincode(wanted.Name)
		if !found || cc.TLS.Mode == "" {
			continue
		}
		if err := do(cc, wanted.TLS); err != nil {
			f := fault.From(err)
			return fault.New(f.Kind, f.Fix, "chaincode %s: %w", cc.Name, err)
		}
	}
	return nil
}

// connectionOf is how peers reach a chaincode, as its package says it.
func connectionOf(cc network.Chaincode) (ccpackage.Connection, error) {
	c := ccpackage.Connection{Address: cc.Endpoint.Inside}
	if cc.TLS.Mode == "" {
		return c, nil
	}
	c.TLSRequired, c.ClientAuthRequired = true, cc.TLS.Mode == project.TLSMutual
	files := map[string]*string{cctls.CAFile: &c.RootCert}
	if c.ClientAuthRequired {
		files[cctls.ClientCertFile], files[cctls.ClientKeyFile] = &c.ClientCert, &c.ClientKey
	}
	for name, to := range files {
		text, err := os.ReadFile(filepath.Join(cc.TLS.Dir, name))
		if err != nil {
			return c, fault.New(fault.Boot, `run "ccdev up", which makes what is missing`,
				"the certificates of chaincode %s are not whole: %w", cc.Name, err)
		}
		*to = string(text)
	}
	return c, nil
}
