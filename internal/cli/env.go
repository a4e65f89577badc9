package cli

import (
	"fmt"
	goruntime "runtime"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/ccdev/ccdev/internal/shell"
	"github.com/spf13/cobra"
)

// variableForm is how a variable is written.
type variableForm func(session.Variable) string

// shells are the forms in which a shell sets a variable for the programs it starts, with how it
// quotes a text so that nothing in it is special.
var shells = map[string]variableForm{
	"dotenv": dotenv,
	"sh": func(v session.Variable) string {
		return "export " + v.Name + "=" + shell.Quote(v.Value)
	},
	"fish": func(v session.Variable) string {
		return "set -gx " + v.Name + " '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(v.Value) + "';"
	},
	"powershell": func(v session.Variable) string {
		// PowerShell takes typographic quotes for quotes as well.
		return "$env:" + v.Name + " = '" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(v.Value) + "'"
	},
}

func newEnvCmd(a *app) *cobra.Command {
	var org, shellName, chaincode string
	peer := 0
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print what lets Fabric's own peer command drive the network, or a chaincode be started by hand",
		Long: `Prints the environment in which Fabric's own peer command acts as the Admin of an org on
one of its peers. That command takes the orderer from its flags alone: add
  -o $ORDERER_ADDRESS --tls --cafile "$ORDERER_CA"
where it submits something: approveformyorg, commit, chaincode invoke.

With --chaincode it prints the environment of a chaincode of lang: external, for the shell or
the IDE that you start it in: where it has to listen, or what it has to dial, and who it is.`,
		Example: `  eval "$(ccdev env)"
  eval "$(ccdev env --org Org2)"
  eval "$(ccdev env --chaincode assets)" && go run .
  ccdev env --chaincode assets --shell dotenv > .env
  ccdev env --shell fish | source
  ccdev env --shell powershell | Out-String | Invoke-Expression
  peer chaincode query -C $CHANNEL_NAME -n basic -c '{"Args":["ReadAsset","asset1"]}'
  peer chaincode invoke -o $ORDERER_ADDRESS --tls --cafile "$ORDERER_CA" -C $CHANNEL_NAME -n basic -c '{"Args":["DeleteAsset","asset1"]}'`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			form, known := shells[shellName]
			if !known {
				return fault.New(fault.Usage, "use one of: "+strings.Join(sortedKeys(shells), ", "), "ccdev does not know the shell %q", shellName)
			}
			if chaincode != "" {
				return runChaincodeEnv(cmd.Context(), a, chaincode, form)
			}
			return runEnv(a, org, peer, form)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&org, "org", "", "org whose Admin acts (default: the first one)")
	flags.IntVar(&peer, "peer", 0, "number of the org's peer, from 0")
	flags.StringVar(&shellName, "shell", usualShell(), "sh, fish or powershell; or dotenv, for IDEs and docker")
	flags.StringVar(&chaincode, "chaincode", "", "print what to start this chaincode of lang: external with")
	registerCompletion(cmd, "shell", sortedKeys(shells)...)
	completeFlag(a, cmd, "org", orgNames)
	completeFlag(a, cmd, "chaincode", chaincodeNames)
	return cmd
}

func usualShell() string {
	if goruntime.GOOS == "windows" {
		return "powershell"
	}
	return "sh"
}

func runEnv(a *app, org string, peer int, form variableForm) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	variables, err := s.Env(org, peer)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		env := map[string]string{}
		for _, v := range variables {
			env[v.Name] = v.Value
		}
		return a.printJSON(env)
	}
	return a.printf("%s", lines(variables, form))
}

// lines are the variables, each in its form.
func lines(variables []session.Variable, form variableForm) string {
	var b strings.Builder
	for _, v := range variables {
		fmt.Fprintln(&b, form(v))
	}
	return b.String()
}
