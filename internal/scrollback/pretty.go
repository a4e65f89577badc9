package scrollback

import (
	"bytes"
	"encoding/json"
	"strings"
)

const (
	// deepest is how deep JSON may be nested that is shown indented: a line of brackets only
	// would come to hundreds of megabytes of indentation.
	deepest = 32

	// attempts is how many brackets of a line may be the one with which its JSON begins.
	attempts = 8
)

// indented is a line whose JSON object or array is spread over several rows, divided by "\n".
// The line may begin with something else, but it must end with the JSON. Any other line stays
// as it is.
func indented(line string) string {
	if end := strings.TrimRight(line, " "); !strings.HasSuffix(end, "}") && !strings.HasSuffix(end, "]") {
		return line
	}
	from := 0
	for range attempts {
		i := strings.IndexAny(line[from:], "{[")
		if i < 0 {
			return line
		}
		from += i
		var b bytes.Buffer
		if standsAlone(line, from) && depth(line[from:]) <= deepest && json.Indent(&b, []byte(line[from:]), "", "  ") == nil {
			return line[:from] + strings.TrimRight(b.String(), " ")
		}
		from++
	}
	return line
}

// standsAlone tells whether a bracket is no index or argument of what is before it: in
// "values[1]" there is no array.
func standsAlone(line string, at int) bool {
	return at == 0 || strings.IndexByte(" :=|,>(", line[at-1]) >= 0
}

// depth is how deep JSON is nested.
func depth(s string) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}
