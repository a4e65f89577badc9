package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/export"
	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/spf13/cobra"
)

type exportKubernetesOptions struct {
	chaincode, org, folder string
	cluster                export.Kubernetes
}

func newExportKubernetesCmd(a *app) *cobra.Command {
	var o exportKubernetesOptions
	cmd := &cobra.Command{
		Use:   "kubernetes",
		Short: "Write what runs the chaincode as a service on a Kubernetes cluster",
		Long: `Writes into a folder what runs the chaincode as a service on a Kubernetes cluster that has a
Fabric network: its Namespace, Deployment, Service and the Secret with its TLS keys; the package
that names this Service, which has another package ID than in ccdev's network; what gives peers
without a builder of such packages ccdev's; the object for clusters run by hlf-operator; and a
README with the commands, in order. The same project gives the same files at every run.

With tls in ccdev.yaml, certificates for the Service are made and kept in .ccdev, until
"ccdev down -v"; certificates of your own have to be good for it.`,
		Example: `  ccdev export kubernetes
  ccdev export kubernetes -n basic -d cluster --namespace fabric --replicas 2 --image registry.example.com/basic:1.0
  ccdev images build --builder`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runExportKubernetes(cmd.Context(), a, o) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.chaincode, "name", "n", "", "chaincode (default: the project's first)")
	flags.StringVar(&o.org, "org", "", "org that the chaincode is told to serve (default: the first one)")
	flags.StringVarP(&o.folder, "folder", "d", "kubernetes", "folder to write")
	flags.StringVar(&o.cluster.Namespace, "namespace", "fabric", "namespace of the chaincode")
	flags.StringVar(&o.cluster.Image, "image", "", "the chaincode's image (default: NAME:VERSION)")
	flags.IntVar(&o.cluster.Replicas, "replicas", 1, "number of pods; each peer keeps to one of them")
	flags.StringVar(&o.cluster.BuilderImage, "builder-image", builderImage(), `what "ccdev images build --builder" makes, as the cluster pulls it`)
	completeFlag(a, cmd, "name", chaincodeNames)
	completeFlag(a, cmd, "org", orgNames)
	return cmd
}

// builderImage is the image of this ccdev's builder.
func builderImage() string { return binaries.BuilderRef(version) }

func runExportKubernetes(ctx context.Context, a *app, o exportKubernetesOptions) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	cluster, err := s.Kubernetes(ctx, o.chaincode, o.org, o.cluster)
	if err != nil {
		return err
	}
	files, err := cluster.Files()
	if err != nil {
		return err
	}
	if err := export.Write(o.folder, files); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(files))
	if a.output == outputJSON {
		return a.printJSON(struct {
			Folder    string   `json:"folder"`
			Files     []string `json:"files"`
			PackageID string   `json:"packageID"`
			Address   string   `json:"address"`
		}{o.folder, names, cluster.PackageID, cluster.Chaincode.Endpoint.Inside})
	}
	return a.printf("%s: %s\n%s\n", o.folder, strings.Join(names, ", "), cluster.PackageID)
}
