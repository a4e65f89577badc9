package cli

import (
	"context"
	"strings"

	"github.com/ccdev/ccdev/internal/session"
)

func runChaincodeEnv(ctx context.Context, a *app, chaincode string, form variableForm) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	env, err := s.ExternalEnv(ctx, chaincode)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		return a.printJSON(env)
	}
	return a.printf("%s%s", lines(env.Variables(), form), argumentsNote(env))
}

// dotenv is what IDEs and docker read. Values that need no quotes have none: docker would keep them.
func dotenv(v session.Variable) string {
	if !strings.ContainsAny(v.Value, " \t\r\n\"'\\$#`") {
		return v.Name + "=" + v.Value
	}
	return v.Name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`).Replace(v.Value) + `"`
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
		text := "  " + strings.ReplaceAll(strings.TrimSuffix(lines(env.Variables(), dotenv)+argumentsNote(env), "\n"), "\n", "\n  ")
		err = a.printf("\n%s: %s. Start it with (ccdev env --chaincode %s):\n%s\n", cc.Name, cc.External, cc.Name, text)
		if err != nil {
			return err
		}
	}
	return nil
}
