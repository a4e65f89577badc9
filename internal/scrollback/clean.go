package scrollback

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/printer"
)

const (
	longest = 64 << 10 // bytes of a line; of longer ones the beginning is kept
	tab     = 8        // cells

	// largest is how many bytes one character may have, with all that combines with it. The
	// longest emoji have 41; text that heaps up more would make rows of a few cells very long.
	largest = 64
)

// Clean makes a line safe to show: afterwards it consists of characters that are one or two
// cells wide, and that have largest bytes or little more.
func Clean(s string) string {
	if len(s) <= longest && isPlain(s) {
		return s
	}
	s, more := shorten(s)
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if strings.ContainsFunc(s, unicode.IsControl) { // most lines of other scripts have none
		s = printer.Clean(s)
	}
	for widthless := !isPlain(s); widthless; {
		// What was apart may combine when what lay between is gone: look once more then.
		s, widthless = settle(s)
	}
	s, tooMany := shorten(s)
	if more += tooMany; more > 0 {
		s += fmt.Sprintf(" … (%d bytes more)", more)
	}
	return s
}

// settle expands tabs, drops characters that have no width (they cannot be seen, and some turn
// the direction of what is around them), and cuts those that have too many bytes.
func settle(s string) (settled string, widthless bool) {
	var b strings.Builder
	b.Grow(len(s))
	for column := 0; s != ""; {
		size, cells := character(s)
		switch {
		case s[0] == '\t':
			size, cells = 1, tab-column%tab
			b.WriteString("        "[:cells])
		case cells == 0:
			widthless = true
		case size > largest:
			b.WriteString(s[:runeStart(s, largest)])
			b.WriteRune(utf8.RuneError)
			cells++
		default:
			b.WriteString(s[:size])
		}
		column += cells
		s = s[size:]
	}
	return b.String(), widthless
}

// shorten cuts a line that is too long, and tells how many bytes it cut.
func shorten(s string) (kept string, more int) {
	if len(s) <= longest {
		return s, 0
	}
	end := runeStart(s, longest)
	return s[:end], len(s) - end
}

// runeStart is the last place up to at where a rune begins.
func runeStart(s string, at int) int {
	for i := at; i > max(0, at-utf8.UTFMax); i-- {
		if i == len(s) || utf8.RuneStart(s[i]) {
			return i
		}
	}
	return at
}

// isPlain tells whether a line has printable ASCII only.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
