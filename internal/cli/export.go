package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/export"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

func newExportCmd(a *app) *cobra.Command {
	return addBelow(&cobra.Command{
		Use:   "export",
		Short: "Write what takes the network or its chaincode elsewhere",
		Example: `  ccdev export compose -d network
  ccdev export connection-profile --format gateway > connection.json
  ccdev export kubernetes -d cluster --namespace fabric --image registry.example.com/assets:1.0`,
	}, newExportComposeCmd(a), newExportProfileCmd(a), newExportKubernetesCmd(a))
}

// The forms of a connection profile.
const (
	profileJSON    = "json"
	profileYAML    = "yaml"
	profileGateway = "gateway"
)

func newExportProfileCmd(a *app) *cobra.Command {
	var org, format string
	cmd := &cobra.Command{
		Use:   "connection-profile",
		Short: "Print what a client application connects to the network with",
		Long: `Prints the connection profile of the network for clients of an org, as JSON or YAML: what
Fabric's SDKs before version 2.4 read, and tools for operators.

With --format gateway it prints a JSON document for clients that use Fabric's gateway (the
fabric-gateway libraries for Go, Node and Java): channel, chaincodes, and for each org its
MSP ID, the endpoints of its peers, their TLS CA, and the certificate and key files of its users.`,
		Example: `  ccdev export connection-profile > connection-profile.json
  ccdev export connection-profile --org Org1 --format yaml
  ccdev export connection-profile --format gateway > connection.json`,
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return runExportProfile(a, org, format) },
	}
	flags := cmd.Flags()
	flags.StringVar(&org, "org", "", "org whose clients it is for (default: the first one)")
	flags.StringVar(&format, "format", profileJSON, "json, yaml or gateway")
	registerCompletion(cmd, "format", profileJSON, profileYAML, profileGateway)
	completeFlag(a, cmd, "org", orgNames)
	return cmd
}

func runExportProfile(a *app, org, format string) error {
	if forms := []string{profileJSON, profileYAML, profileGateway}; !slices.Contains(forms, format) {
		return fault.New(fault.Usage, "use one of: "+strings.Join(forms, ", "), "there is no connection profile in the form %q", format)
	}
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	profile, err := profileIn(s, org, format)
	if err != nil {
		return err
	}
	if format == profileYAML && a.output != outputJSON {
		return printYAML(a, profile)
	}
	return a.printJSON(profile)
}

func profileIn(s *session.Session, orgName, format string) (any, error) {
	n, err := s.Network()
	if err != nil {
		return nil, err
	}
	if format == profileGateway {
		return export.GatewayOf(n, "")
	}
	org, err := s.Org(orgName)
	if err != nil {
		return nil, err
	}
	return export.ProfileOf(n, org)
}

// printYAML prints what has names for JSON only.
func printYAML(a *app, v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	out, err := yaml.JSONToYAML(text.Bytes())
	if err != nil {
		return err
	}
	return a.printf("%s", out)
}
