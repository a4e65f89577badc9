package scrollback

import "slices"

// Search marks a text, whose case matters if it has upper case. It moves nothing: Next and
// Previous do. The empty text ends it.
func (v *View) Search(text string) {
	v.sync()
	if text == v.search.text {
		return
	}
	v.search, v.current, v.hits = newNeedle(text), none, v.hits[:0]
	if text == "" {
		return
	}
	for _, n := range v.passing {
		if v.search.in(v.buffer.line(n).Text) {
			v.hits = append(v.hits, n)
		}
	}
}

// Hits counts the lines that have what is searched for, and tells the how manieth is the current
// one; 0: none is.
func (v *View) Hits() (current, total int) {
	v.sync()
	if i, found := slices.BinarySearch(v.hits, v.current); found {
		current = i + 1
	}
	return current, len(v.hits)
}

// Next moves the window to the next hit: after the current one if that is in the window, else in
// the window or below. After the last comes the first.
func (v *View) Next() {
	if v.sync(); len(v.hits) == 0 {
		return
	}
	from := v.passing[v.start().index]
	if v.currentShows() {
		from = v.current + 1
	}
	v.moveToHit(v.hits[lowerBound(v.hits, from)%len(v.hits)])
}

// Previous moves the window to the hit before, as Next does to the one after.
func (v *View) Previous() {
	if v.sync(); len(v.hits) == 0 {
		return
	}
	to := v.passing[v.lastIndex()] + 1
	if v.currentShows() {
		to = v.current
	}
	v.moveToHit(v.hits[(lowerBound(v.hits, to)-1+len(v.hits))%len(v.hits)])
}

// currentShows tells whether the current hit is in the window.
func (v *View) currentShows() bool {
	return v.current >= v.passing[v.start().index] && v.current <= v.passing[v.lastIndex()]
}

func (v *View) moveToHit(number int) {
	v.current = number
	l := v.layout(number)
	offset, end := v.search.index(l.text)
	offset = max(offset, 0) // it may be spread over rows that are apart
	target := spot{v.indexOf(number), l.rowOf(offset)}

	s := v.start()
	if target.before(s) || !target.before(v.down(s, v.height)) {
		s = v.up(target, v.height/2)
	}
	v.top, v.follow = v.placeOf(s), false

	if from, to := l.row(target.row); !v.wrap {
		_, column := fit(l.text[from:offset], to-from)
		_, wide := fit(l.text[from:max(end, offset)], to-from)
		if column < v.pan || wide > v.pan+v.width {
			v.pan = max(0, min(column, wide-v.width/2))
		}
	}
}
