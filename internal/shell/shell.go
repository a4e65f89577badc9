// Package shell writes words for the command line of a POSIX shell.
package shell

import (
	"regexp"
	"strings"
)

// plainWord needs no quotes. Zsh takes a word that begins with = for the name of a program.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,=-]*$`)

// Quote makes a word that a shell, interactive or not, takes for exactly this text.
func Quote(word string) string {
	switch {
	case plainWord.MatchString(word):
		return word
	case strings.Contains(word, "'") && !strings.ContainsAny(word, "\"$`\\!"): // as policies have them: easier to read
		return `"` + word + `"`
	default:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
}
