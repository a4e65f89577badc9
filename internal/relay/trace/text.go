package trace

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Line tells one transaction in one line, for lists. The time is of the zone that t.Start is in.
func Line(t Trace) string {
	outcome := "running"
	switch {
	case t.Result != nil:
		outcome = fmt.Sprint(t.Result.Status)
	case !t.Running:
		outcome = "failed"
	}
	line := fmt.Sprintf("%s  %-8s  %-7s  %8s  %s g%d  %s", t.Start.Format("15:04:05.000"), ansi.Truncate(clean(t.TxID), 8, ""),
		outcome, duration(t.Duration), clean(t.Peer), t.Generation, ansi.Truncate(call(t), 120, "…"))
	switch {
	case t.Error != "":
		line += "  " + ansi.Truncate(clean(t.Error), 200, "…")
	case t.Result != nil && t.Result.Status >= 400:
		line += "  " + ansi.Truncate(clean(t.Result.Message), 200, "…")
	}
	return line
}

// call is the function with its arguments.
func call(t Trace) string {
	text := invocation(t.Function, t.Args)
	if t.ArgsOmitted > 0 {
		text = strings.TrimSuffix(text, ")") + fmt.Sprintf(", … %d more)", t.ArgsOmitted)
	}
	if t.Init {
		text += " (Init)"
	}
	return text
}

func invocation(function string, args []Value) string {
	texts := make([]string, 0, len(args))
	for _, a := range args {
		texts = append(texts, ansi.Truncate(shown(a), 60, "…"))
	}
	return clean(function) + "(" + strings.Join(texts, ", ") + ")"
}

// subject is what a request is about.
func (r Request) subject() string {
	text := join(r.target(), r.brought())
	if r.Collection != "" {
		text = clean(r.Collection) + ": " + text
	}
	switch {
	case r.Error != "":
		text += " error: " + clean(r.Error)
	case r.Malformed:
		text += " (not as the protocol has it)"
	}
	return text
}

func (r Request) target() string {
	switch {
	case r.Chaincode != "":
		return clean(r.Chaincode) + " " + invocation(r.Function, r.Args)
	case r.Query != nil:
		return describe(*r.Query)
	case r.Range != nil:
		return r.Range.String()
	default:
		return key(r.Key)
	}
}

func (r Request) brought() string {
	switch {
	case r.Items != nil:
		items, noun := make([]string, 0, len(r.Items)), "key"
		for _, i := range r.Items {
			text := key(i.Key)
			if i.Collection != r.Collection {
				text = clean(i.Collection) + ":" + text
			}
			if i.Type != "" {
				noun, text = "write", clean(strings.Replace(i.Type, "_STATE", "", 1))+" "+text
			}
			items = append(items, text)
		}
		return count(r.Results, len(items), noun) + ": " + strings.Join(items, ", ")
	case r.Results != nil:
		keys := make([]string, 0, len(r.Keys))
		for _, k := range r.Keys {
			keys = append(keys, key(k))
		}
		return strings.TrimSuffix("→ "+count(r.Results, 0, "result")+": "+strings.Join(keys, ", "), ": ")
	case r.Chaincode != "" && r.Status != 0:
		return fmt.Sprintf("→ %d", r.Status)
	default:
		return ""
	}
}

func count(n *int, otherwise int, noun string) string {
	if n != nil {
		otherwise = *n
	}
	if otherwise == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", otherwise, noun)
}

// String shows a range; that of a partial composite key as TYPE[attribute, …].
func (r Range) String() string {
	if r.End == r.Start+string(utf8.MaxRune) && strings.HasPrefix(r.Start, "\x00") {
		partial := strings.TrimSuffix(strings.TrimSuffix(key(r.Start), "]"), "[")
		if strings.Contains(partial, "[") {
			return partial + ", …]"
		}
		return partial + "[…]"
	}
	// The shim begins at U+0001 where it is told to begin at "".
	start := strings.TrimPrefix(r.Start, "\x01")
	if start == "" && r.End == "" {
		return "all keys"
	}
	return "[" + join(key(start), "…", key(r.End)) + ")"
}

// key shows a key; a composite one as TYPE[attribute, attribute].
func key(k string) string {
	inner, composite := strings.CutPrefix(k, "\x00")
	inner, ended := strings.CutSuffix(inner, "\x00")
	if !composite || !ended {
		return clean(strings.ReplaceAll(k, "\x00", "␀"))
	}
	parts := strings.Split(inner, "\x00")
	for i, p := range parts {
		parts[i] = clean(p)
	}
	return parts[0] + "[" + strings.Join(parts[1:], ", ") + "]"
}

// describe is a value with its size.
func describe(v Value) string { return join(size(v.Size), shown(v)) }

func shown(v Value) string {
	switch {
	case v.Hidden && v.Size > 0:
		return "hidden, sha256 " + clean(v.SHA256[:min(len(v.SHA256), 12)]) + "…"
	case v.Base64 != "":
		return "base64:" + clean(v.Base64)
	case v.Truncated:
		return clean(v.Text) + "…"
	default:
		return clean(v.Text)
	}
}

// clean makes a text from elsewhere one line that is safe to print: without escape sequences,
// control characters, and those that turn the direction of writing.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, ansi.Strip(strings.ToValidUTF8(text, "\uFFFD")))
}

func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
}

func size(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}

// join puts spaces between what is not empty.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

func sorted(m map[string]Value) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
