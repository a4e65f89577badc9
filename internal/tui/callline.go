package tui

import (
	"maps"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/shell"
	"github.com/mattn/go-shellwords"
)

// line is a call as it is written.
func (c call) line() string {
	words := []string{shell.Quote(c.Function)}
	for _, a := range c.Args {
		words = append(words, shell.Quote(a))
	}
	for _, name := range sortedNames(c.Transient) {
		words = append(words, "--transient", shell.Quote(name+"="+c.Transient[name]))
	}
	return strings.Join(words, " ")
}

// written is the call that the line says.
func (d *drawer) written() (call, error) {
	words, err := split(d.input.Value())
	if err != nil {
		return call{}, err
	}
	c := call{Submit: d.submit, Args: []string{}, As: d.user()}
	for i := 0; i < len(words); i++ {
		switch {
		case words[i] == "--transient" && i+1 < len(words):
			i++
			name, value, found := strings.Cut(words[i], "=")
			if !found {
				return call{}, fault.New(fault.Usage, "write --transient NAME=VALUE", "%q is no transient value", words[i])
			}
			if c.Transient == nil {
				c.Transient = map[string]string{}
			}
			c.Transient[name] = value
		case c.Function == "":
			c.Function = words[i]
		default:
			c.Args = append(c.Args, words[i])
		}
	}
	return c, nil
}

// split takes a line apart as a shell does.
func split(line string) ([]string, error) {
	parser := shellwords.NewParser()
	words, err := parser.Parse(line)
	if err != nil || parser.Position >= 0 { // it stops at what is the shell's
		return nil, fault.New(fault.Usage, "write '…' around an argument with spaces, quotes or ;&|<>()", "the line cannot be taken apart into arguments")
	}
	return words, nil
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
