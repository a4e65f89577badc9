package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/spf13/cobra"
)

const outputDotenv output = "dotenv"

func newEnvCmd(a *app) *cobra.Command {
	var chaincode string
	form := envForm{app: a, form: outputText}
	cmd := &cobra.Command{
		Use:   "env --chaincode NAME",
		Short: "Print what to set for a chaincode that you start yourself (lang: external)",
		Long: `Prints the environment of a chaincode of lang: external, for the shell or the IDE that
you start it in: where it has to listen, or what it has to dial, and who it is.`,
		Example: `  eval "$(ccdev env --chaincode assets)" && go run .
  ccdev env --chaincode assets -o dotenv > .env`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if chaincode == "" {
				return fault.New(fault.Usage, "name it: ccdev env --chaincode NAME", "no chaincode was named")
			}
			return runChaincodeEnv(cmd.Context(), a, chaincode, form.form)
		},
	}
	cmd.Flags().StringVar(&chaincode, "chaincode", "", "chaincode of lang: external")
	cmd.Flags().VarP(&form, "output", "o", "form of the result: text (for a shell), dotenv or json")
	registerCompletion(cmd, "output", string(outputText), string(outputDotenv), string(outputJSON))
	return cmd
}

func runChaincodeEnv(ctx context.Context, a *app, chaincode string, form output) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	env, err := s.ExternalEnv(ctx, chaincode)
	if err != nil {
		return err
	}
	switch form {
	case outputJSON:
		return a.printJSON(env)
	case outputDotenv:
		return a.printf("%s", dotenv(env))
	default:
		return a.printf("%s", shellLines(env))
	}
}

// shellLines are what a POSIX shell evaluates.
func shellLines(env session.ExternalEnv) string {
	var b strings.Builder
	for _, name := range sortedKeys(env.Variables) {
		fmt.Fprintf(&b, "export %s='%s'\n", name, strings.ReplaceAll(env.Variables[name], "'", `'\''`))
	}
	return b.String() + argumentsNote(env)
}

// dotenv is what IDEs and docker read. Values that need no quotes have none: docker would keep them.
func dotenv(env session.ExternalEnv) string {
	var b strings.Builder
	for _, name := range sortedKeys(env.Variables) {
		value := env.Variables[name]
		if strings.ContainsAny(value, " \t\r\n\"'\\$#`") {
			value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`).Replace(value) + `"`
		}
		fmt.Fprintf(&b, "%s=%s\n", name, value)
	}
	return b.String() + argumentsNote(env)
}

// argumentsNote is a comment for what no environment can hold.
func argumentsNote(env session.ExternalEnv) string {
	if len(env.Arguments) == 0 {
		return ""
	}
	return "# start a program on Go's shim with: " + strings.Join(env.Arguments, " ") + "\n"
}

// printExternal prints, at the end of an up, what to set for chaincodes that the user starts.
func printExternal(ctx context.Context, a *app, s *session.Session, st session.Status) error {
	if a.output == outputJSON {
		return nil
	}
	for _, cc := range st.Chaincodes {
		if cc.External == nil {
			continue
		}
		env, err := s.ExternalEnv(ctx, cc.Name)
		if err != nil {
			return err
		}
		lines := "  " + strings.ReplaceAll(strings.TrimSuffix(dotenv(env), "\n"), "\n", "\n  ")
		err = a.printf("\n%s: %s. Start it with (ccdev env --chaincode %s):\n%s\n", cc.Name, cc.External, cc.Name, lines)
		if err != nil {
			return err
		}
	}
	return nil
}

// envForm is --output with one form more.
type envForm struct {
	app  *app
	form output
}

// String, Set and Type make it a flag.
func (f *envForm) String() string { return string(f.form) }

// Set takes what the user gave.
func (f *envForm) Set(value string) error {
	f.form = output(value)
	if f.form == outputDotenv {
		return nil
	}
	if err := f.app.output.Set(value); err != nil {
		return fmt.Errorf("%q is neither text, dotenv nor json", value)
	}
	return nil
}

// Type names the flag's values in the help.
func (f *envForm) Type() string { return "FORM" }
