package printer

import (
	"io"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// Fault prints an error as people read it: what, the log that explains it, and the fix.
func Fault(out io.Writer, f *fault.Fault, style Style) {
	p := &Plain{style: style}
	var b strings.Builder
	b.WriteString(p.colored("\x1b[31m", "error: ") + indent(CleanText(f.What)) + "\n")
	for _, l := range f.Log {
		b.WriteString("       | " + Clean(l) + "\n")
	}
	if f.Fix != "" {
		b.WriteString(p.colored("\x1b[32m", "fix:   ") + indent(CleanText(f.Fix)) + "\n")
	}
	io.WriteString(out, b.String()) //nolint:errcheck // there is nowhere else to say it
}

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n       ") }
