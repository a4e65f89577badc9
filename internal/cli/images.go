package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/spf13/cobra"
)

func newImagesCmd(a *app) *cobra.Command {
	return addBelow(&cobra.Command{
		Use:     "images",
		Short:   "The images that the Docker runtime runs Fabric from",
		Example: "  ccdev images list\n  ccdev images build --fabric 2.5.9",
	}, newImagesListCmd(a), newImagesBuildCmd(a),
		newImagesMakeCmd(a, "pull", "Pull Fabric's images and add ccdev's builder to them", binaries.SourcePull),
		newImagesSaveCmd(a), newImagesLoadCmd(a))
}

func newImagesListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the images that ccdev has made, and CouchDB's",
		Example: "  ccdev images list -o json",
		Args:    arguments(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runImagesList(cmd.Context(), a) },
	}
}

func runImagesList(ctx context.Context, a *app) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	images, err := s.ListImages(ctx)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(images)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "IMAGE\tFABRIC\tSIZE\tCREATED")
	for _, i := range images {
		fmt.Fprintf(w, "%s\t%s\t%.1f MB\t%s\n", i.Ref, i.Labels[binaries.FabricLabel], float64(i.Size)/1e6, i.Created.Local().Format("2006-01-02 15:04"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return a.printf("%s", b.String())
}

func newImagesBuildCmd(a *app) *cobra.Command {
	var builder bool
	cmd := newImagesMakeCmd(a, "build", "Compile Fabric and make images of it, without a registry", binaries.SourceBuild)
	cmd.Long = `Compiles Fabric and makes images of it, without a registry.

With --builder it makes another image instead: ` + builderImage() + `, which holds only detect, build
and release, for peers elsewhere that have no builder of chaincode as a service. An init
container of it runs "/copy FOLDER" ("ccdev export kubernetes" writes one).`
	cmd.Example += "\n  ccdev images build --builder"
	images := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case !builder:
			return images(cmd, args)
		case cmd.Flags().Changed("fabric"):
			return fault.New(fault.Usage, "leave --fabric out", "the builder is the same for every Fabric")
		default:
			return runImagesBuilder(cmd.Context(), a)
		}
	}
	cmd.Flags().BoolVar(&builder, "builder", false, "make the image of ccdev's builder")
	return cmd
}

func runImagesBuilder(ctx context.Context, a *app) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	if err := s.BuilderImage(ctx, builderImage()); err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(map[string]string{"builder": builderImage()})
	}
	return a.printf("%s\n", builderImage())
}

func newImagesMakeCmd(a *app, use, short, source string) *cobra.Command {
	var fabric string
	cmd := &cobra.Command{
		Use:     use,
		Short:   short,
		Example: "  ccdev images " + use + " --fabric 2.5.9",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			images, err := s.Images(cmd.Context(), fabric, source)
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(images)
			}
			names := []string{images.Peer, images.Orderer, images.Chaincode}
			if images.CouchDB != "" {
				names = append(names, images.CouchDB)
			}
			return a.printf("%s\n", strings.Join(names, "\n"))
		},
	}
	cmd.Flags().StringVar(&fabric, "fabric", "", `version of Fabric (default: the project's, or "3.1.1")`)
	return cmd
}
