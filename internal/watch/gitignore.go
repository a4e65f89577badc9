package watch

import (
	"path"
	"regexp"
	"strings"
)

// rule is one line of a .gitignore, as gitignore(5) has it.
type rule struct {
	negated    bool // "!": what matches is not ignored after all
	folderOnly bool // "x/"
	anywhere   bool // no slash in it: the name alone counts, at any depth
	literal    string
	pattern    *regexp.Regexp // nil: literal is the whole of it
}

// verdict is what rules say of a path.
type verdict int

const (
	unknown verdict = iota
	ignored
	wanted
)

// judge gives the verdict of the last rule that matches.
func judge(rules []rule, rel string, isDir bool) verdict {
	for i := len(rules) - 1; i >= 0; i-- {
		if !rules[i].matches(rel, isDir) {
			continue
		}
		if rules[i].negated {
			return wanted
		}
		return ignored
	}
	return unknown
}

func (r rule) matches(rel string, isDir bool) bool {
	if r.folderOnly && !isDir {
		return false
	}
	if r.anywhere {
		rel = path.Base(rel)
	}
	if r.pattern == nil {
		return rel == r.literal
	}
	return r.pattern.MatchString(rel)
}

// parseRules reads the lines of a .gitignore. Like git it passes over a line that it cannot read.
func parseRules(lines []string) []rule {
	var rules []rule
	for _, line := range lines {
		if r, ok := parseRule(line); ok {
			rules = append(rules, r)
		}
	}
	return rules
}

func parseRule(line string) (rule, bool) {
	line = trimSpaces(strings.TrimSuffix(line, "\r"))
	var r rule
	if strings.HasPrefix(line, "#") {
		return r, false
	}
	line, r.negated = strings.CutPrefix(line, "!")
	line, r.folderOnly = strings.CutSuffix(line, "/")
	r.anywhere = !strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return r, false
	}
	if !strings.ContainsAny(line, `*?[\`) {
		r.literal = line
		return r, true
	}
	expression, ok := translate(line)
	if !ok {
		return r, false
	}
	pattern, err := regexp.Compile(`^(?s:` + expression + `)$`)
	r.pattern = pattern
	return r, err == nil
}

// trimSpaces takes the spaces off the end, but for one that a backslash keeps.
func trimSpaces(line string) string {
	trimmed := strings.TrimRight(line, " ")
	if strings.HasSuffix(trimmed, `\`) && len(trimmed) < len(line) {
		return line[:len(trimmed)+1]
	}
	return trimmed
}

// translate makes a regular expression of a pattern with slashes between its parts.
func translate(pattern string) (string, bool) {
	var out strings.Builder
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		last := i == len(parts)-1
		switch {
		case part == "**" && last && i > 0:
			out.WriteString(`.+`) // all that is inside
		case part == "**" && !last:
			out.WriteString(`(?:.*/)?`) // any folders, or none
		default:
			expression, ok := translatePart(part)
			if !ok {
				return "", false
			}
			out.WriteString(expression)
			if !last {
				out.WriteString("/")
			}
		}
	}
	return out.String(), true
}

// translatePart makes a regular expression of a pattern for one name.
func translatePart(part string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(part); i++ {
		switch c := part[i]; c {
		case '*':
			out.WriteString(`[^/]*`)
		case '?':
			out.WriteString(`[^/]`)
		case '[':
			class, length := translateClass(part[i:])
			if length == 0 {
				return "", false
			}
			out.WriteString(class)
			i += length - 1
		case '\\':
			if i++; i == len(part) {
				return "", false
			}
			out.WriteString(quoteByte(part[i]))
		default:
			out.WriteString(quoteByte(c))
		}
	}
	return out.String(), true
}

// quoteByte lets the bytes of a longer rune through as they are: none of them means anything.
func quoteByte(c byte) string {
	if c >= 0x80 {
		return string([]byte{c})
	}
	return regexp.QuoteMeta(string(rune(c)))
}

// translateClass translates the [class] at the beginning of text, and gives its length there; 0
// if it does not end.
func translateClass(text string) (string, int) {
	var out strings.Builder
	out.WriteString("[")
	i := 1
	if i < len(text) && (text[i] == '!' || text[i] == '^') {
		out.WriteString("^/")
		i++
	}
	for first := i; i < len(text); {
		if text[i] == ']' && i > first {
			out.WriteString("]")
			return out.String(), i + 1
		}
		member, length := translateMember(text[i:])
		out.WriteString(member)
		i += length
	}
	return "", 0
}

// translateMember translates what is next in a class: a byte, or a class in it.
func translateMember(text string) (string, int) {
	end := strings.Index(text, ":]") + 2
	switch {
	case strings.HasPrefix(text, "[:") && end > 2:
		return text[:end], end // it is called the same
	case text[0] == '\\' && len(text) > 1:
		return escapeMember(text[1]), 2
	case text[0] == '-':
		return "-", 1
	}
	return escapeMember(text[0]), 1
}

// escapeMember is one byte in a class, where "-" would mean something too.
func escapeMember(c byte) string {
	if c == '-' {
		return `\-`
	}
	return quoteByte(c)
}
