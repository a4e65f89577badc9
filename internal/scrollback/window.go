package scrollback

// place is where a window begins, in a way that stays right when lines come and go, and when the
// layout changes.
type place struct {
	line   int // its number
	offset int // in the text that is shown
}

// spot is a row among the lines that pass now.
type spot struct{ index, row int }

func (s spot) before(other spot) bool {
	return s.index < other.index || s.index == other.index && s.row < other.row
}

func (v *View) placeOf(s spot) place {
	if s.index >= len(v.passing) {
		return place{line: v.next}
	}
	n := v.passing[s.index]
	from, _ := v.layout(n).row(s.row)
	return place{n, from}
}

// spotOf finds a place again: if its line does not pass, the beginning of the next that does.
func (v *View) spotOf(p place) spot {
	i := v.indexOf(p.line)
	if i == len(v.passing) || v.passing[i] != p.line {
		return spot{index: i}
	}
	return spot{i, v.layout(p.line).rowOf(p.offset)}
}

func (v *View) rowsOf(index int) int { return len(v.layout(v.passing[index]).starts) }

func (v *View) up(s spot, rows int) spot {
	s.row -= rows
	for s.row < 0 {
		if s.index == 0 {
			return spot{}
		}
		s.index--
		s.row += v.rowsOf(s.index)
	}
	return s
}

func (v *View) down(s spot, rows int) spot {
	s.row += rows
	for s.index < len(v.passing) {
		n := v.rowsOf(s.index)
		if s.row < n {
			return s
		}
		s.row -= n
		s.index++
	}
	return spot{index: s.index}
}

// lastStart is where the window begins when its end is the end of all.
func (v *View) lastStart() spot { return v.up(spot{index: len(v.passing)}, max(v.height, 1)) }

// start is where the window begins.
func (v *View) start() spot {
	last := v.lastStart()
	if v.Following() {
		return last
	}
	if s := v.spotOf(v.top); s.before(last) {
		return s
	}
	return last
}

// lastIndex is where the last line of the window is among those that pass.
func (v *View) lastIndex() int {
	return min(v.down(v.start(), max(v.height-1, 0)).index, len(v.passing)-1)
}

// Scroll moves the window down, or up by a negative number of rows. To go up ends following; to
// reach the end restores it.
func (v *View) Scroll(rows int) {
	v.sync()
	if rows < 0 {
		v.moveUp(v.up(v.start(), -rows))
		return
	}
	s, last := v.down(v.start(), rows), v.lastStart()
	if !s.before(last) {
		s = last
		v.follow = v.follow || rows > 0
	}
	v.top = v.placeOf(s)
}

// Home moves the window to the first line, which ends following.
func (v *View) Home() {
	v.sync()
	v.moveUp(spot{})
}

func (v *View) moveUp(s spot) {
	if s.before(v.lastStart()) {
		v.follow = false
	}
	v.top = v.placeOf(s)
}

// End moves the window to the last line, and follows.
func (v *View) End() { v.Follow(true) }

// Follow says whether the window stays at the end when lines come.
func (v *View) Follow(on bool) {
	v.sync()
	s := v.start()
	if on {
		s = v.lastStart()
	}
	v.top, v.follow = v.placeOf(s), on
}

// Following tells whether the window stays at the end. It does not while lines are selected.
func (v *View) Following() bool { return v.follow && !v.selecting }

// Pan moves the window to the right, or to the left by a negative number of columns, up to the
// end of the widest line in it. Wrapped lines do not move.
func (v *View) Pan(columns int) {
	if v.wrap {
		return
	}
	v.sync()
	if columns > 0 {
		columns = min(columns, max(v.widest()-v.width-v.pan, 0))
	}
	v.pan = max(v.pan+columns, 0)
}

// widest is how many cells the widest row has, of those that are in the window.
func (v *View) widest() int {
	most := 0
	s := v.start()
	for range v.height {
		if s.index >= len(v.passing) {
			break
		}
		l := v.layout(v.passing[s.index])
		from, to := l.row(s.row)
		_, cells := fit(l.text[from:to], to-from)
		most = max(most, cells)
		s = v.down(s, 1)
	}
	return most
}
