package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

func newInstallCmd(a *app) *cobra.Command {
	org := ""
	cmd := &cobra.Command{
		Use:     "install FILE",
		Short:   "Install a package, made by any tool, on the peers",
		Example: "  ccdev install basic.tar.gz\n  ccdev install basic.tar.gz --org Org2",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			pkg, err := readPackageFile(args[0])
			if err != nil {
				return err
			}
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			done, err := s.Install(cmd.Context(), pkg, org)
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(done)
			}
			for _, peer := range done.Installed {
				s.Emit(event.Notice{Text: "installed on " + peer})
			}
			for _, peer := range done.Already {
				s.Emit(event.Notice{Text: peer + " had it"})
			}
			return a.printf("%s\n", done.PackageID)
		},
	}
	addOrgFlag(a, cmd, &org)
	return cmd
}

func addOrgFlag(a *app, cmd *cobra.Command, org *string) {
	cmd.Flags().StringVar(org, "org", "", "org that acts, by its Admin (default: every org)")
	completeFlag(a, cmd, "org", orgNames)
}

type definitionOptions struct {
	session.DefinitionOptions
	packageID string
}

func addDefinitionFlags(a *app, cmd *cobra.Command, o *definitionOptions) {
	flags := cmd.Flags()
	flags.StringVarP(&o.Name, "name", "n", "", "name of the chaincode")
	flags.StringVar(&o.Version, "version", "1.0", "version of the chaincode")
	flags.Int64Var(&o.Sequence, "sequence", 0, "sequence of the definition (default: the next one)")
	flags.StringVar(&o.SignaturePolicy, "signature-policy", "", "endorsement policy, such as \"OR('Org1MSP.peer','Org2MSP.peer')\"")
	flags.StringVar(&o.ChannelConfigPolicy, "channel-config-policy", "", "policy of the channel that is the endorsement policy")
	flags.StringVar(&o.Collections, "collections-config", "", "file of the private data collections")
	flags.BoolVar(&o.InitRequired, "init-required", false, "whether the chaincode must be called with an init first")
	flags.StringVarP(&o.Channel, "channel", "C", "", "channel (default: the network's)")
	addOrgFlag(a, cmd, &o.Org)
}

// definitionCmd is a command that takes the flags of a definition.
func definitionCmd(a *app, use, short, example string, run func(context.Context, *session.Session, session.DefinitionOptions) error) *cobra.Command {
	var o definitionOptions
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Name == "" {
				return fault.New(fault.Usage, "name it with -n", "no chaincode to %s was given", use)
			}
			if o.Sequence < 0 {
				return fault.New(fault.Usage, "give a number from 1 on", "--sequence %d is no sequence", o.Sequence)
			}
			if flag := cmd.Flags().Lookup("package-id"); flag != nil && flag.Changed {
				o.PackageID = &o.packageID
			}
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			return run(cmd.Context(), s, o.DefinitionOptions)
		},
	}
	addDefinitionFlags(a, cmd, &o)
	if use == "approve" {
		cmd.Flags().StringVar(&o.packageID, "package-id", "",
			"package ID (default: the installed package with the label NAME_VERSION, or NAME); empty for none")
	}
	return cmd
}

func newApproveCmd(a *app) *cobra.Command {
	return definitionCmd(a, "approve", "Approve a chaincode's definition for an org, or for every org",
		"  ccdev approve -n basic\n  ccdev approve -n basic --org Org2 --sequence 2 --signature-policy \"OR('Org1MSP.peer')\"",
		func(ctx context.Context, s *session.Session, o session.DefinitionOptions) error {
			done, err := s.Approve(ctx, o)
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(struct {
					definitionJSON
					PackageIDs map[string]string `json:"packageIDs"`
				}{jsonOf(done.Definition), done.PackageIDs})
			}
			for _, org := range sortedKeys(done.PackageIDs) {
				if err := a.printf("%s approves %s with %s\n", org, titleOf(done.Definition), orNone(done.PackageIDs[org], "no package")); err != nil {
					return err
				}
			}
			return nil
		})
}

func newReadinessCmd(a *app) *cobra.Command {
	return definitionCmd(a, "checkcommitreadiness", "Tell which orgs have approved a definition",
		"  ccdev checkcommitreadiness -n basic -o json",
		func(ctx context.Context, s *session.Session, o session.DefinitionOptions) error {
			d, ready, err := s.Ready(ctx, o)
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				approvals, mismatches := map[string]bool{}, map[string][]string{}
				for org, r := range ready {
					approvals[org] = r.Approved
					if len(r.Mismatches) > 0 {
						mismatches[org] = r.Mismatches
					}
				}
				return a.printJSON(struct {
					definitionJSON
					Approvals  map[string]bool     `json:"approvals"`
					Mismatches map[string][]string `json:"mismatches,omitempty"`
				}{jsonOf(d), approvals, mismatches})
			}
			for _, org := range sortedKeys(ready) {
				line := fmt.Sprintf("%s: %t", org, ready[org].Approved)
				if m := ready[org].Mismatches; len(m) > 0 {
					line += " (mismatch: " + strings.Join(m, ", ") + ")"
				}
				if err := a.printf("%s\n", line); err != nil {
					return err
				}
			}
			return nil
		})
}

func newCommitCmd(a *app) *cobra.Command {
	return definitionCmd(a, "commit", "Commit a chaincode's definition that the orgs have approved",
		"  ccdev commit -n basic",
		func(ctx context.Context, s *session.Session, o session.DefinitionOptions) error {
			d, err := s.Commit(ctx, o)
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(jsonOf(d))
			}
			return a.printf("committed %s\n", titleOf(d))
		})
}

func newCommittedCmd(a *app) *cobra.Command {
	var name, org, channel string
	cmd := &cobra.Command{
		Use:     "querycommitted",
		Short:   "List the definitions that are committed on the channel",
		Example: "  ccdev querycommitted\n  ccdev querycommitted -n basic -o json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			definitions, err := s.Committed(cmd.Context(), name, org, channel)
			if err != nil {
				return err
			}
			list := []definitionJSON{}
			for _, d := range definitions {
				list = append(list, jsonOf(d))
			}
			if a.output == outputJSON {
				return a.printJSON(list)
			}
			return a.printf("%s", tableOf(list))
		},
	}
	cmd.Flags().StringVarP(&name, "name", "n", "", "chaincode (default: all)")
	cmd.Flags().StringVarP(&channel, "channel", "C", "", "channel (default: the network's)")
	addOrgFlag(a, cmd, &org)
	return cmd
}

func titleOf(d lifecycle.Definition) string {
	return fmt.Sprintf("%s, version %s, sequence %d", d.Name, d.Version, d.Sequence)
}

func orNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}
