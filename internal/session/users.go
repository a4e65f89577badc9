package session

import (
	"context"
	"maps"
	"slices"

	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// User is a client identity of the network.
type User struct {
	Name       string            `json:"name"`
	Org        string            `json:"org"`
	MSPID      string            `json:"mspID"`
	Attributes map[string]string `json:"attributes"`
	MSPDir     string            `json:"mspDir"` // certificate and key, on this machine
}

// AddUser makes a user of an org (the first one for an empty name), or gives one that was made so
// before other attributes. The network may run meanwhile: its nodes know the org's CA, not its users.
func (s *Session) AddUser(ctx context.Context, name, orgName string, attributes map[string]string) (User, error) {
	if err := project.ValidateUserName(name); err != nil {
		return User{}, err
	}
	release, err := s.lock(ctx, "user add")
	if err != nil {
		return User{}, err
	}
	defer release()
	n, err := s.Network()
	if err != nil {
		return User{}, err
	}
	org, err := orgOrFirst(n, orgName)
	if err != nil {
		return User{}, err
	}
	made := network.User{Name: name, Attributes: attributes, Added: true}
	if err := put(&org, made); err != nil {
		return User{}, err
	}
	i := slices.IndexFunc(n.Orgs, func(o network.Org) bool { return o.Name == org.Name })
	n.Orgs[i] = org
	if _, err := msp.Ensure(n); err != nil {
		return User{}, err
	}
	return userOf(n, org, made), n.Save()
}

// put gives the org the user, in place of one that was added before.
func put(org *network.Org, made network.User) error {
	i := slices.IndexFunc(org.Users, func(u network.User) bool { return u.Name == made.Name })
	switch {
	case made.Name == network.AdminUser:
		return fault.New(fault.Usage, "choose another name", "every org has its %s", network.AdminUser)
	case i < 0:
		org.Users = append(org.Users, made)
	case org.Users[i].Added:
		org.Users[i] = made
	default:
		return fault.New(fault.Usage, "change the user there, then run \"ccdev up -d\"; or choose another name",
			"%s has its user %s from %s", org.Name, made.Name, project.FileName)
	}
	return nil
}

// Users lists the users of every org, its Admin first.
func (s *Session) Users() ([]User, error) {
	n, err := s.Network()
	if err != nil {
		return nil, err
	}
	var list []User
	for _, org := range n.Orgs {
		list = append(list, userOf(n, org, network.User{Name: network.AdminUser}))
		for _, u := range org.Users {
			list = append(list, userOf(n, org, u))
		}
	}
	return list, nil
}

func userOf(n network.Network, org network.Org, u network.User) User {
	attributes := map[string]string{} // none is no null
	maps.Copy(attributes, u.Attributes)
	return User{Name: u.Name, Org: org.Name, MSPID: org.MSPID, Attributes: attributes, MSPDir: n.UserMSPDir(org.Domain, u.Name)}
}
