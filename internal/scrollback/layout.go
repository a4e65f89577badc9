package scrollback

import (
	"slices"
	"strings"
)

// layout is how a line is spread over rows.
type layout struct {
	text   string  // of the line, or its JSON indented; only "\n" and what follows is a new row
	starts []int32 // where each row begins in text
}

// row is where a row begins and ends.
func (l layout) row(i int) (from, to int) {
	from, to = int(l.starts[i]), len(l.text)
	if i+1 < len(l.starts) {
		to = int(l.starts[i+1])
	}
	if to > from && l.text[to-1] == '\n' {
		to--
	}
	return from, to
}

// rowOf is the row in which an offset lies.
func (l layout) rowOf(offset int) int {
	i, found := slices.BinarySearchFunc(l.starts, offset, func(start int32, offset int) int { return int(start) - offset })
	if found {
		return i
	}
	return max(i-1, 0)
}

// layouts remembers the layouts of lines that were on the screen not long ago: to lay out a
// long line takes longer than to show it.
type layouts struct {
	of    map[int]layout
	bytes int
}

// remembered is how many bytes of layouts are kept at most.
const remembered = 8 << 20

func (m *layouts) forget() { *m = layouts{} }

func (m *layouts) remember(number int, l layout) {
	size := len(l.text) + 4*cap(l.starts) + 100
	if m.of == nil || m.bytes+size > remembered {
		*m = layouts{of: map[int]layout{}}
	}
	m.of[number] = l
	m.bytes += size
}

var oneRow = []int32{0}

// layout is how the line of that number is shown.
func (v *View) layout(number int) layout {
	text := v.buffer.line(number).Text
	// No character has more cells than bytes.
	if !v.pretty && (!v.wrap || len(text) <= v.width) {
		return layout{text, oneRow}
	}
	if l, known := v.layouts.of[number]; known {
		return l
	}
	l := v.spread(text)
	v.layouts.remember(number, l)
	return l
}

func (v *View) spread(text string) layout {
	if v.pretty {
		text = indented(text)
	}
	l := layout{text: text}
	base := 0
	for part := range strings.SplitSeq(text, "\n") {
		if v.wrap {
			l.starts = wrapped(l.starts, part, base, v.width)
		} else {
			l.starts = append(l.starts, int32(base)) //nolint:gosec // no line is longer than a few MiB
		}
		base += len(part) + 1
	}
	return l
}
