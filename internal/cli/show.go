package cli

import (
	goruntime "runtime"
	"runtime/debug"
	"strings"

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
