package session

import "github.com/ccdev/ccdev/internal/network"

// Org finds an org of the network by its name, MSP ID or domain; the first one for an empty name.
func (s *Session) Org(name string) (network.Org, error) {
	n, err := s.Network()
	switch {
	case err != nil:
		return network.Org{}, err
	case name == "":
		return n.Orgs[0], nil
	default:
		return orgOf(n, name)
	}
}
