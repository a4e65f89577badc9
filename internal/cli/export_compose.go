package cli

import (
	"context"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/export"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

func newExportComposeCmd(a *app) *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "compose",
		Short: "Write a compose file that runs the network without ccdev",
		Long: `Writes a folder with a compose file, and all that it mounts, that runs the network without
ccdev: the orderer and the peers with the identities and the channel of the network, each
chaincode as it is live now, as a container that the peers dial, and a service that joins the
nodes and deploys the packages. The ledger is its own, and begins empty. The images have to be
where it runs, and the ports free: end ccdev's own network first.

connection.json in the folder is what clients of Fabric's gateway connect with. The folder can
be moved. It has private keys in it.`,
		Example: `  ccdev export compose -d network
  ccdev down && cd network && docker compose up -d`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runExportCompose(cmd.Context(), a, folder) },
	}
	cmd.Flags().StringVarP(&folder, "folder", "d", "compose", "folder to write")
	return cmd
}

func runExportCompose(ctx context.Context, a *app, folder string) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	compose, err := s.Compose(ctx)
	if err != nil {
		return err
	}
	files, programs, err := compose.Files()
	if err != nil {
		return err
	}
	if err := export.Write(folder, files, programs...); err != nil {
		return err
	}
	file, connection := filepath.Join(folder, "compose.yaml"), filepath.Join(folder, "connection.json")
	if a.output == outputJSON {
		return a.printJSON(map[string]string{"folder": folder, "compose": file, "connection": connection})
	}
	return a.printf("%s\n%s\n", file, connection)
}

// newSetUpCmd joins the nodes of an exported network and deploys its chaincodes, as one of its services.
func newSetUpCmd(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Join the nodes of an exported network, and deploy its chaincodes",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return fault.New(fault.Usage, "give it as --network", "setup needs the folder of a network")
			}
			return session.SetUp(cmd.Context(), dir, a.events())
		},
	}
	cmd.Flags().StringVar(&dir, "network", "", "folder above the exported network's state")
	return cmd
}
