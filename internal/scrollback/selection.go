package scrollback

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Select begins a selection of whole lines, at the window's last one, or ends it. Meanwhile the
// window does not follow.
func (v *View) Select(on bool) {
	v.sync()
	if on == v.selecting || on && len(v.passing) == 0 {
		return
	}
	if on {
		v.mark = v.passing[v.lastIndex()]
		v.cursor = v.mark
		v.top = v.placeOf(v.start())
	}
	v.selecting = on
}

// Selecting tells whether there is a selection.
func (v *View) Selecting() bool { return v.selecting }

// MoveSelection moves the end of the selection down, or up by a negative number of lines, and
// the window so that it shows.
func (v *View) MoveSelection(lines int) {
	v.sync()
	if !v.selecting || len(v.passing) == 0 {
		return
	}
	i := min(max(v.indexOf(v.cursor)+lines, 0), len(v.passing)-1)
	v.cursor = v.passing[i]

	first, last := spot{index: i}, spot{i, v.rowsOf(i) - 1}
	switch s := v.start(); {
	case first.before(s):
		v.top = v.placeOf(first)
	case !last.before(v.down(s, v.height)):
		v.top = v.placeOf(v.up(last, max(v.height-1, 0)))
	}
}

func (v *View) selects(number int) bool {
	return v.selecting && number >= min(v.mark, v.cursor) && number <= max(v.mark, v.cursor)
}

// Selected is the text of the lines that are selected.
func (v *View) Selected() string {
	v.sync()
	if !v.selecting {
		return ""
	}
	var texts []string
	for _, n := range v.passing[v.indexOf(min(v.mark, v.cursor)):v.indexOf(max(v.mark, v.cursor)+1)] {
		texts = append(texts, v.buffer.line(n).Text)
	}
	return strings.Join(texts, "\n")
}

// rfc3339 is RFC 3339 with as many digits in every line.
const rfc3339 = "2006-01-02T15:04:05.000Z07:00"

// WriteTo writes all lines that pass sources, filter and clear, each with its time and source.
// A view belongs to one goroutine: who must not wait there for a disk writes to memory first.
func (v *View) WriteTo(w io.Writer) (int64, error) {
	v.sync()
	counted := &counter{to: w}
	out := bufio.NewWriterSize(counted, 64<<10)
	var row []byte
	for _, n := range v.passing {
		line := v.buffer.line(n)
		row = line.Time.AppendFormat(row[:0], rfc3339)
		row = fmt.Appendf(row, " %s | %s\n", line.Source, line.Text)
		if _, err := out.Write(row); err != nil {
			return counted.written, err
		}
	}
	err := out.Flush()
	return counted.written, err
}

// counter counts what is written.
type counter struct {
	to      io.Writer
	written int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.written += int64(n)
	return n, err
}
