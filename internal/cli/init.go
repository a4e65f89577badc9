package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/templates"
	"github.com/spf13/cobra"
)

func newInitCmd(a *app) *cobra.Command {
	template := "go"
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Start a chaincode project from a template",
		Example: `  ccdev init assets
  ccdev init assets --template typescript`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := a.dir
			if len(args) == 1 {
				dir = args[0]
			}
			return runInit(a, dir, template)
		},
	}
	cmd.Flags().StringVar(&template, "template", template, "one of: "+strings.Join(templates.Names(), ", "))
	registerCompletion(cmd, "template", templates.Names()...)
	return cmd
}

func runInit(a *app, dir, template string) error {
	if !slices.Contains(templates.Names(), template) {
		return fault.New(fault.Usage, "use one of: "+strings.Join(templates.Names(), ", "), "there is no template %q", template)
	}
	target, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(target, 0o755)
	}
	if err != nil {
		return fault.New(fault.Usage, "choose a folder that can be written", "cannot make the project's folder: %w", err)
	}
	files, err := templates.Write(template, target, templates.Values{Name: project.NameOf(target)})
	if errors.Is(err, fs.ErrExist) {
		return fault.New(fault.Usage, "choose an empty folder: ccdev init DIR", "nothing was written: %w", err)
	}
	if err != nil {
		return fault.New(fault.Usage, "choose a folder that can be written", "cannot write the project: %w", err)
	}
	if a.output == outputJSON {
		return a.printJSON(map[string]any{"dir": target, "template": template, "files": files})
	}
	text := fmt.Sprintf("%s: %s\n\nnext:\n", dir, strings.Join(files, ", "))
	if dir != "." {
		text += "  cd " + dir + "\n"
	}
	return a.printf("%s  ccdev up -d\n", text)
}
