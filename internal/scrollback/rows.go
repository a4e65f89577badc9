package scrollback

import "strings"

// Row is one row of the screen.
type Row struct {
	Line     Line
	Text     string   // what shows of the line, no wider than the window
	First    bool     // it is the line's first row
	Hits     [][2]int // where in Text that is which is searched for, in bytes
	Current  bool     // the line is the current hit
	Selected bool     // the line is selected
}

// Rows is what the screen shows.
func (v *View) Rows() []Row {
	v.sync()
	if v.width == 0 || v.height == 0 {
		return nil
	}
	rows := make([]Row, 0, v.height)
	for s := v.start(); s.index < len(v.passing); s = (spot{index: s.index + 1}) {
		number := v.passing[s.index]
		l := v.layout(number)
		row := Row{Line: *v.buffer.line(number), Current: number == v.current, Selected: v.selects(number)}
		for i := s.row; i < len(l.starts); i++ {
			if len(rows) == v.height {
				return rows
			}
			row.First = i == 0
			row.Text, row.Hits = v.cut(l, i)
			rows = append(rows, row)
		}
	}
	return rows
}

// cut is what shows of a row, and the hits in it.
func (v *View) cut(l layout, i int) (string, [][2]int) {
	from, to := l.row(i)
	gap := 0
	if !v.wrap && v.pan > 0 {
		var skipped int
		from, skipped = skip(l.text, from, to, v.pan)
		gap = skipped - v.pan
	}
	size, _ := fit(l.text[from:to], max(v.width-gap, 0))
	hits := v.search.within(l.text, from, from+size)
	text := l.text[from : from+size]
	if gap > 0 && size > 0 {
		text = strings.Repeat(" ", gap) + text
		for i := range hits {
			hits[i][0] += gap
			hits[i][1] += gap
		}
	}
	return text, hits
}

// skip is where in a text to go on after so many columns, and how many have been skipped: one
// more when a wide character lies across the edge.
func skip(text string, from, to, columns int) (int, int) {
	size, cells := fit(text[from:to], columns)
	from += size
	if cells < columns && from < to {
		more, wide := character(text[from:to])
		return from + more, cells + wide
	}
	return from, max(cells, columns)
}

// Position tells the first and the last line of the window, counted from 1, and how many lines
// pass sources, filter and clear.
func (v *View) Position() (first, last, total int) {
	v.sync()
	if len(v.passing) == 0 || v.height == 0 {
		return 0, 0, len(v.passing)
	}
	return v.start().index + 1, v.lastIndex() + 1, len(v.passing)
}
