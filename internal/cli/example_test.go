package cli

import (
	"strings"
	"testing"

	"github.com/mattn/go-shellwords"
	"github.com/spf13/cobra"
)

// Every command says how it is used, in words that its own parser takes.
func TestEveryExampleParses(t *testing.T) {
	root := Commands()
	var all []*cobra.Command
	var add func(*cobra.Command)
	add = func(cmd *cobra.Command) {
		all = append(all, cmd)
		for _, below := range cmd.Commands() {
			if !below.Hidden {
				add(below)
			}
		}
	}
	add(root)
	for _, cmd := range all {
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "_"), func(t *testing.T) {
			calls := callsIn(t, cmd.Example)
			if len(calls) == 0 {
				t.Fatal("it has no example")
			}
			for _, args := range calls {
				parses(t, args)
			}
		})
	}
}

// parses sees that a command line names a command, and has flags and arguments that it takes.
func parses(t *testing.T, args []string) {
	t.Helper()
	root := Commands() // a new one, as flags keep what they were given
	cmd, rest, err := root.Find(args)
	if err != nil {
		t.Errorf("%q: %v", args, err)
		return
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", args, err)
		return
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		t.Errorf("%q: %v", args, err)
	}
}

// callsIn are the arguments of each call of ccdev in an example.
func callsIn(t *testing.T, example string) (calls [][]string) {
	t.Helper()
	example = strings.ReplaceAll(example, "\\\n", " ")
	for line := range strings.Lines(example) {
		line, _, _ = strings.Cut(line, "  #") // what is said of it
		for part := range strings.SplitSeq(strings.ReplaceAll(line, "&&", "|"), "|") {
			before, call, found := strings.Cut(part, "ccdev ")
			if !found {
				continue
			}
			if strings.HasSuffix(before, "$(") {
				call, _, _ = strings.Cut(call, ")")
			}
			args, err := shellwords.Parse(call)
			if err != nil {
				t.Errorf("%q: %v", call, err)
				continue
			}
			calls = append(calls, args)
		}
	}
	return calls
}
