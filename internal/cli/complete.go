package cli

import (
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/spf13/cobra"
)

// completeFlag completes a flag with names that the project's network has; none without a network.
func completeFlag(a *app, cmd *cobra.Command, flag string, names func(network.Network) []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		s, err := a.session(event.Discard)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		n, err := s.Network()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(n), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag is not defined: a mistake in this package
	}
}

func orgNames(n network.Network) []string {
	var names []string
	for _, o := range n.Orgs {
		names = append(names, o.Name)
	}
	return names
}

func chaincodeNames(n network.Network) []string {
	var names []string
	for _, cc := range n.Chaincodes {
		names = append(names, cc.Name)
	}
	return names
}

// userNames are all users, each as --as takes it.
func userNames(n network.Network) []string {
	var names []string
	for _, o := range n.Orgs {
		names = append(names, network.AdminUser+"@"+o.Name)
		for _, u := range o.Users {
			names = append(names, u.Name+"@"+o.Name)
		}
	}
	return names
}
