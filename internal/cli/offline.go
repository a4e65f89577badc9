package cli

import (
	"path/filepath"

	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

func newImagesSaveCmd(a *app) *cobra.Command {
	o := session.SaveOptions{CCDev: version}
	cmd := &cobra.Command{
		Use:   "save FILE",
		Short: "Write everything a room without internet needs to one file",
		Long: `save writes Fabric, as images for Docker or as programs for plain processes, and
what the templates of "ccdev init" depend on. After "ccdev images load", "init"
and "up" need no network. ccdev itself, Go and Node must be there already. For
Docker the image that Node chaincodes run in goes along, where it can be had:
the templates' own, and what image in ccdev.yaml names.`,
		Example: `  ccdev images save workshop.tar.gz
  ccdev images save workshop.tar.gz --runtime process --fabric 2.5.9`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			file, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			if err := s.SaveOffline(cmd.Context(), file, o); err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(map[string]string{"file": file})
			}
			return a.printf("%s\n", args[0])
		},
	}
	cmd.Flags().StringVar(&o.Fabric, "fabric", "", `version of Fabric (default: the project's, or "3.1.1")`)
	cmd.Flags().StringVar(&o.Runtime, "runtime", "", "what it is for: auto, docker or process")
	registerCompletion(cmd, "runtime", "auto", "docker", "process")
	return cmd
}

func newImagesLoadCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "load FILE",
		Short:   "Take in what \"ccdev images save\" has written, without a network",
		Example: "  ccdev images load workshop.tar.gz",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.session(a.events())
			if err != nil {
				return err
			}
			about, err := s.LoadOffline(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(about)
			}
			return a.printf("Fabric %s, saved by ccdev %s\n", about.Fabric, about.CCDev)
		},
	}
}
