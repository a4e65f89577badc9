package cli

import (
	"bytes"
	"encoding/json"

	"github.com/ccdev/ccdev/internal/export"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

func newExportCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Write what takes the network or its chaincode elsewhere",
		Example: `  ccdev export connection-profile --format gateway > connection.json`,
	}
	cmd.AddCommand(newExportProfileCmd(a))
	return cmd
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

func runExportProfile(a *app, orgName, format string) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	n, err := s.Network()
	if err != nil {
		return err
	}
	if format == profileGateway {
		g, err := export.GatewayOf(n, false)
		if err != nil {
			return err
		}
		return a.printJSON(g)
	}
	org, err := s.Org(orgName)
	if err != nil {
		return err
	}
	profile, err := export.ProfileOf(n, org)
	if err != nil {
		return err
	}
	switch {
	case format == profileJSON || format == profileYAML && a.output == outputJSON:
		return a.printJSON(profile)
	case format == profileYAML:
		return printYAML(a, profile)
	default:
		return fault.New(fault.Usage, "use one of: json, yaml, gateway", "there is no connection profile in the form %q", format)
	}
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
