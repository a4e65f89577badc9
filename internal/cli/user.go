package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

func newUserCmd(a *app) *cobra.Command {
	return addBelow(&cobra.Command{
		Use:     "user",
		Short:   "The users that transactions are made as",
		Example: "  ccdev user add alice --attr role=auditor\n  ccdev user list",
	}, newUserAddCmd(a), newUserListCmd(a))
}

func newUserAddCmd(a *app) *cobra.Command {
	var org string
	var attrs []string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Make a user of an org, with attributes that a chaincode can read",
		Example: `  ccdev user add alice --attr role=auditor --attr level=3
  ccdev user add bob --org Org2
  ccdev query ReadAsset asset1 --as bob@Org2`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			attributes, err := parseAttributes(attrs)
			if err != nil {
				return err
			}
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			user, err := s.AddUser(cmd.Context(), args[0], org, attributes)
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(user)
			}
			return a.printf("%s@%s\n", user.Name, user.Org)
		},
	}
	cmd.Flags().StringVar(&org, "org", "", "org of the user (default: the first one)")
	cmd.Flags().StringArrayVar(&attrs, "attr", nil, "NAME=VALUE of an attribute in the certificate; may be given again")
	completeFlag(a, cmd, "org", orgNames)
	return cmd
}

func parseAttributes(attrs []string) (map[string]string, error) {
	attributes := map[string]string{}
	for _, attr := range attrs {
		name, value, found := strings.Cut(attr, "=")
		if !found || name == "" {
			return nil, fault.New(fault.Usage, "write it as NAME=VALUE, such as role=auditor", "--attr %q has no name or no value", attr)
		}
		attributes[name] = value
	}
	return attributes, nil
}

func newUserListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the users of every org",
		Example: "  ccdev user list -o json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			users, err := s.Users()
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(users)
			}
			return a.printf("%s", userTable(users))
		},
	}
}

func userTable(users []session.User) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "USER\tMSP\tATTRIBUTES")
	for _, u := range users {
		var attributes []string
		for _, name := range sortedKeys(u.Attributes) {
			attributes = append(attributes, name+"="+u.Attributes[name])
		}
		fmt.Fprintf(w, "%s@%s\t%s\t%s\n", u.Name, u.Org, u.MSPID, orNone(strings.Join(attributes, ","), "-"))
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}
