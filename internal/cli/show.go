package cli

import (
	"context"
	"fmt"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/spf13/cobra"
)

// version is set by the release build.
var version = "dev"

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print ccdev's version, and the versions of Fabric it can compile",
		Example: "  ccdev version -o json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version string   `json:"version"`
				Commit  string   `json:"commit,omitempty"`
				Go      string   `json:"go"`
				OS      string   `json:"os"`
				Arch    string   `json:"arch"`
				Fabric  []string `json:"fabric"`
			}{version, commit(), goruntime.Version(), goruntime.GOOS, goruntime.GOARCH, binaries.Versions()}
			if a.output == outputJSON {
				return a.printJSON(v)
			}
			return a.printf("ccdev %s (%s, %s/%s), Fabric %s\n", v.Version, v.Go, v.OS, v.Arch, strings.Join(v.Fabric, " and "))
		},
	}
}

func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

func newConfigCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print the network as a compose file, with compose.override.yaml merged in",
		Example: `  ccdev config
  ccdev config -o json`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			model, err := s.Model(cmd.Context())
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(model)
			}
			text, err := model.MarshalYAML()
			if err != nil {
				return err
			}
			return a.printf("%s", text)
		},
	}
}

func newImagesCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "images",
		Short:   "The images that the Docker runtime runs Fabric from",
		Example: "  ccdev images list\n  ccdev images build --fabric 2.5.9",
		Args:    arguments(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImagesListCmd(a),
		newImagesMakeCmd(a, "build", "Compile Fabric and make images of it, without a registry", binaries.SourceBuild),
		newImagesMakeCmd(a, "pull", "Pull Fabric's images and add ccdev's builder to them", binaries.SourcePull))
	return cmd
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
