package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/spf13/cobra"
)

type packageOptions struct {
	name, file, label, packageType string
}

func newPackageCmd(a *app) *cobra.Command {
	var o packageOptions
	cmd := &cobra.Command{
		Use:   "package",
		Short: "Write the chaincode's package, the same bytes at every run",
		Example: `  ccdev package
  ccdev package --type external --label assets_2.0 --file assets.tar.gz
  ccdev package id assets.tar.gz
  ccdev package show assets.tar.gz`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runPackage(cmd.Context(), a, o) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.name, "name", "n", "", "chaincode (default: the project's first)")
	flags.StringVarP(&o.file, "file", "f", "", "file to write (default: LABEL.tar.gz)")
	flags.StringVar(&o.label, "label", "", "label of the package (default: NAME_VERSION)")
	flags.StringVar(&o.packageType, "type", ccpackage.TypeCCAAS, "ccaas or external")
	registerCompletion(cmd, "type", ccpackage.TypeCCAAS, ccpackage.TypeExternal)
	cmd.AddCommand(newPackageIDCmd(a), newPackageShowCmd(a))
	return cmd
}

func runPackage(ctx context.Context, a *app, o packageOptions) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	pkg, id, err := s.Package(ctx, o.name, o.label, o.packageType)
	if err != nil {
		return err
	}
	file := o.file
	if file == "" {
		label, _, _ := strings.Cut(id, ":")
		file = label + ".tar.gz"
	}
	if err := os.WriteFile(file, pkg, 0o600); err != nil {
		return fault.New(fault.Usage, "choose another file with -f", "cannot write the package: %w", err)
	}
	if a.output == outputJSON {
		return a.printJSON(map[string]string{"file": file, "packageID": id})
	}
	return a.printf("%s\n%s\n", file, id)
}

func newPackageIDCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "id FILE",
		Short:   "Print the package ID that a peer will give a package",
		Example: "  export CHAINCODE_ID=$(ccdev package id assets_1.0.tar.gz)",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			pkg, err := readPackage(args[0])
			if err != nil {
				return err
			}
			if a.output == outputJSON {
				return a.printJSON(map[string]string{"packageID": pkg.ID})
			}
			return a.printf("%s\n", pkg.ID)
		},
	}
}

func newPackageShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show FILE",
		Short:   "Print what is in a package, made by ccdev or not",
		Example: "  ccdev package show assets_1.0.tar.gz",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			pkg, err := readPackage(args[0])
			if err != nil {
				return err
			}
			if a.output != outputJSON {
				return a.printf("%s", showPackage(pkg))
			}
			if pkg.Connection != nil && pkg.Connection.ClientKey != "" {
				pkg.Connection.ClientKey = "(not shown)"
			}
			return a.printJSON(pkg)
		},
	}
}

func readPackage(file string) (ccpackage.Package, error) {
	data, err := readPackageFile(file)
	if err != nil {
		return ccpackage.Package{}, err
	}
	return ccpackage.Read(data)
}

func readPackageFile(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Usage, "give the file of a chaincode package", "cannot read the package: %w", err)
	}
	return data, nil
}

func showPackage(pkg ccpackage.Package) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package ID  %s\nlabel       %s\ntype        %s\nsize        %d bytes\n",
		printer.Clean(pkg.ID), printer.Clean(pkg.Label), printer.Clean(pkg.Type), pkg.Size)
	if c := pkg.Connection; c != nil {
		fmt.Fprintf(&b, "address     %s\nTLS         %t, client authentication %t\n", printer.Clean(c.Address), c.TLSRequired, c.ClientAuthRequired)
	}
	b.WriteString("files\n")
	for _, f := range pkg.Files {
		fmt.Fprintf(&b, "  %8d  %s\n", f.Size, printer.Clean(f.Name))
	}
	return b.String()
}
