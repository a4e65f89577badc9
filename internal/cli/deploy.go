package cli

import (
	"github.com/spf13/cobra"
)

func newDeployCmd(a *app) *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:   "deploy [CHAINCODE]",
		Short: "Take the chaincode's definition to the channel, as the next sequence if anything differs",
		Long: `Compares what ccdev.yaml asks for with what is committed: version, endorsement policy,
collections, init, and the META-INF in the package. If anything means something else,
the next sequence is approved by every org and committed. New code needs no new
definition: that is what "ccdev reload" is for.`,
		Example: "  ccdev deploy\n  ccdev deploy --force",
		Args:    arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			if err := s.Deploy(cmd.Context(), name, force); err != nil || a.output != outputJSON {
				return err
			}
			st, err := s.Status(cmd.Context())
			if err != nil {
				return err
			}
			return a.printJSON(st.Chaincodes)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "commit the next sequence even where nothing differs")
	return cmd
}
